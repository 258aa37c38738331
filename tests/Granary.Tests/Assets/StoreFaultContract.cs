using System.Security.Cryptography;
using Granary.Core;
using Granary.Core.Assets;
using Microsoft.AspNetCore.Http;

namespace Granary.Tests.Assets;

/// <summary>
/// CC-12: whatever the store or the way to it does, nothing is acknowledged that it does not have, and no other bytes are served as complete.
/// An object store is one subclass.
/// </summary>
public abstract class StoreFaultContract : IAsyncLifetime
{
    /// <summary>What <see cref="KindOf"/> calls the request that puts parts together.</summary>
    protected const string Last = "last";

    internal static readonly StorePatience Impatient = new()
    {
        Answer = TimeSpan.FromSeconds(1),
        Transfer = TimeSpan.FromSeconds(4),
        Silence = TimeSpan.FromSeconds(1),
        Asking = TimeSpan.FromSeconds(6),
        Storing = TimeSpan.FromSeconds(20),
        Retries = 1,
    };

    private protected const string Key = "assets/1/aa/aa";
    private const int Large = ObjectUpload.PartSize + 1_000_000;

    private readonly TemporaryDirectory folder = new();
    private IAssetStorage storage = null!;
    private IAssetStorage direct = null!;

    private protected StoreFaultProxy Proxy { get; private set; } = null!;

    private protected SpoolDirectory Incoming => new(folder["incoming"], isOwner: true);

    /// <summary>What the store answers where it is full.</summary>
    private protected abstract StoreFault Full { get; }

    /// <summary>What the store answers where the place of all keys is not there.</summary>
    private protected abstract StoreFault Gone { get; }

    public async ValueTask InitializeAsync()
    {
        var address = await StartStoreAsync();
        Proxy = await StoreFaultProxy.StartAsync(address);
        storage = On(StoreFaultProxy.Through(Proxy.Address, address));
        direct = On(address);
    }

    public async ValueTask DisposeAsync()
    {
        (storage as IDisposable)?.Dispose();
        (direct as IDisposable)?.Dispose();
        await Proxy.DisposeAsync();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Answers the address of a store, with a place of its own in it.</summary>
    protected abstract Task<Uri> StartStoreAsync();

    /// <summary>A storage in that place that waits no longer than <see cref="Impatient"/>.</summary>
    protected abstract IAssetStorage On(Uri address);

    /// <summary>Tells the requests of an upload from each other, and calls one of them <see cref="Last"/>.</summary>
    protected abstract string KindOf(HttpRequest request);

    /// <summary>That no parts were left.</summary>
    protected virtual Task NothingIsLeftAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(nameof(StoreFault.SlowDown), 1000)]
    [InlineData(nameof(StoreFault.ErrorAfterSuccess), 1000)]
    [InlineData(nameof(StoreFault.SilenceAfterSuccess), 1000)]
    [InlineData(nameof(StoreFault.Silence), 1000)]
    [InlineData(nameof(StoreFault.SlowDown), Large)]
    [InlineData(nameof(StoreFault.ErrorAfterSuccess), Large)]
    [InlineData(nameof(StoreFault.SilenceAfterSuccess), Large, Last)]
    public async Task A_fault_that_passes_is_waited_out(string fault, int size, string? only = null)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);
        // The first request of each kind fails.
        var failed = new HashSet<string>();
        Proxy.Fault = request =>
        {
            var kind = KindOf(request);
            lock (failed)
            {
                return (only is null || only == kind) && failed.Add(kind) ? Named(fault) : null;
            }
        };

        await AssetStorageContract.StoreAsync(storage, Key, bytes);

        Assert.Equal(bytes, await AssetStorageContract.ReadAsync(direct, Key));
        Assert.Equal(bytes, await AssetStorageContract.ReadAsync(storage, Key));
    }

    [Theory]
    [InlineData(nameof(StoreFault.SlowDown), 1000)]
    [InlineData(nameof(StoreFault.SlowDown), Large)]
    [InlineData(nameof(StoreFault.Silence), 1000)]
    [InlineData(nameof(StoreFault.SentWrong), 1000)]
    [InlineData(nameof(StoreFault.SentWrong), Large)]
    public async Task What_the_store_does_not_take_is_refused_and_is_not_there(string fault, int size)
    {
        Proxy.Fault = request => HttpMethods.IsPut(request.Method) ? Named(fault) : null;

        var refusal = await Assert.ThrowsAsync<Refusal>(() => AssetStorageContract.StoreAsync(storage, Key, new byte[size]));

        Assert.Equal(RefusalKind.Unavailable, refusal.Kind);
        Assert.NotNull(refusal.RetryAfter);
        await NothingIsThereAsync();
    }

    [Theory]
    [InlineData(nameof(StoreFault.ErrorAfterSuccess))]
    [InlineData(nameof(StoreFault.SilenceAfterSuccess))]
    public async Task What_the_store_has_although_it_never_said_so_is_stored(string fault)
    {
        Proxy.Fault = request => HttpMethods.IsPut(request.Method) ? Named(fault) : null;

        await AssetStorageContract.StoreAsync(storage, Key, "stored");

        Assert.Equal("stored"u8.ToArray(), await AssetStorageContract.ReadAsync(direct, Key));
    }

    [Fact]
    public async Task An_unknown_outcome_is_refused_where_what_is_there_has_another_length()
    {
        await AssetStorageContract.StoreAsync(direct, Key, "other");
        Proxy.Fault = request => HttpMethods.IsPut(request.Method) ? StoreFault.Silence : null;

        var refusal = await Assert.ThrowsAsync<Refusal>(() => AssetStorageContract.StoreAsync(storage, Key, "longer than that"));

        Assert.Equal(RefusalKind.Unavailable, refusal.Kind);
    }

    [Fact]
    public async Task Parts_are_not_taken_for_put_together_because_the_answer_began_with_200()
    {
        Proxy.Fault = request => KindOf(request) == Last ? StoreFault.ErrorWithSuccessStatus : null;

        var refusal = await Assert.ThrowsAsync<Refusal>(() => AssetStorageContract.StoreAsync(storage, Key, new byte[Large]));

        Assert.Equal(RefusalKind.Unavailable, refusal.Kind);
        await NothingIsThereAsync();
    }

    [Fact]
    public async Task A_full_store_is_called_full()
    {
        Proxy.Fault = request => HttpMethods.IsPut(request.Method) ? Full : null;

        var refusal = await Assert.ThrowsAsync<Refusal>(() => AssetStorageContract.StoreAsync(storage, Key, "no room"));

        Assert.Equal(RefusalKind.StorageFull, refusal.Kind);
        Assert.Contains("object store", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(3_000_000)]
    public async Task A_body_that_breaks_off_goes_on_or_is_no_whole_one(int size)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);
        await AssetStorageContract.StoreAsync(direct, Key, bytes);
        var content = (await storage.OpenAsync(Key, size, CancellationToken.None))!;
        using var once = new MemoryStream();
        using var always = new MemoryStream();

        Proxy.Fault = request => HttpMethods.IsGet(request.Method) && Proxy.Count("GET") == 1 ? StoreFault.CutShort : null;
        await content.CopyVerifiedAsync(once, SHA256.HashData(bytes), CancellationToken.None);
        Proxy.Fault = _ => StoreFault.CutShort;
        var failure = await Record.ExceptionAsync(() => content.CopyVerifiedAsync(always, SHA256.HashData(bytes), CancellationToken.None));

        Assert.Equal(bytes, once.ToArray());
        Assert.Equal(RefusalKind.Unavailable, Assert.IsType<Refusal>(failure).Kind);
        Assert.InRange(always.Length, 0, size - 1);
        if (size > ObjectStream.Window)
        {
            // Two, and the first of the others with one more after each of three breaks, and room for what HttpClient sends again by itself where a
            // connection is cut before it has read anything. An SDK that asks behind each break, as Azure's does, comes to 13.
            Assert.InRange(Proxy.Count("GET"), 2 + 4, 10);
        }
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(3_000_000)]
    public async Task A_wrong_byte_is_never_part_of_a_whole(int size)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);
        await AssetStorageContract.StoreAsync(direct, Key, bytes);
        Proxy.Fault = _ => StoreFault.WrongByte;
        using var read = new MemoryStream();

        var content = (await storage.OpenAsync(Key, size, CancellationToken.None))!;
        await Assert.ThrowsAsync<Refusal>(() => content.CopyVerifiedAsync(read, SHA256.HashData(bytes), CancellationToken.None));

        Assert.InRange(read.Length, 0, size - 1);
        Assert.True(bytes.AsSpan().StartsWith(read.ToArray()));
    }

    [Fact]
    public async Task A_download_costs_one_request()
    {
        var bytes = RandomNumberGenerator.GetBytes(2_000_000);
        await AssetStorageContract.StoreAsync(direct, Key, bytes);

        await (await storage.OpenAsync(Key, bytes.Length, CancellationToken.None))!.CopyVerifiedAsync(Stream.Null, SHA256.HashData(bytes), CancellationToken.None);
        await (await storage.OpenAsync(Key, bytes.Length, CancellationToken.None))!.CopyToAsync(Stream.Null, 1_000_000, 10, CancellationToken.None);

        Assert.Equal((2, 0), (Proxy.Count("GET"), Proxy.Count("HEAD")));
    }

    [Fact]
    public async Task A_client_may_take_longer_over_a_download_than_the_store_may_over_an_answer()
    {
        var bytes = RandomNumberGenerator.GetBytes(Large);
        await AssetStorageContract.StoreAsync(direct, Key, bytes);
        var read = new byte[Large];

        await using (var stream = await (await storage.OpenAsync(Key, Large, CancellationToken.None))!.OpenAsync(CancellationToken.None))
        {
            await stream.ReadExactlyAsync(read.AsMemory(0, 1000), TestContext.Current.CancellationToken);
            await Task.Delay(Impatient.Answer * 1.5, TestContext.Current.CancellationToken);
            await stream.ReadExactlyAsync(read.AsMemory(1000), TestContext.Current.CancellationToken);
        }

        Assert.Equal(bytes, read);
        Assert.Equal(1, Proxy.Count("GET"));
    }

    [Fact]
    public async Task A_place_that_is_gone_and_a_page_that_is_none_are_not_taken_for_missing_keys()
    {
        await AssetStorageContract.StoreAsync(direct, Key, "here");
        Proxy.Fault = _ => StoreFault.ErrorWithSuccessStatus;
        await Assert.ThrowsAsync<Refusal>(async () => await storage.ListAsync("", CancellationToken.None).CountAsync(CancellationToken.None));

        Proxy.Fault = _ => Gone;

        Assert.Equal(RefusalKind.Unavailable, (await Assert.ThrowsAsync<Refusal>(() => storage.OpenAsync(Key, CancellationToken.None))).Kind);
        var content = (await storage.OpenAsync(Key, 4, CancellationToken.None))!;
        Assert.Equal(RefusalKind.Unavailable, (await Assert.ThrowsAsync<Refusal>(() => content.OpenAsync(CancellationToken.None))).Kind);
    }

    private static StoreFault Named(string name) => (StoreFault)typeof(StoreFault).GetProperty(name)!.GetValue(null)!;

    private async Task NothingIsThereAsync()
    {
        Assert.Null(await direct.OpenAsync(Key, CancellationToken.None));
        await NothingIsLeftAsync();
    }
}
