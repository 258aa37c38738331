using System.Security.Cryptography;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Assets.S3;
using Microsoft.AspNetCore.Http;

namespace Granary.Tests.Assets;

/// <summary>CC-12: whatever the store or the way to it does, nothing is acknowledged that it does not have, and no other bytes are served as complete.</summary>
public sealed class S3FaultTests : IAsyncLifetime
{
    internal static readonly StorePatience Impatient = new()
    {
        Answer = TimeSpan.FromSeconds(1),
        Transfer = TimeSpan.FromSeconds(4),
        Silence = TimeSpan.FromSeconds(1),
        Asking = TimeSpan.FromSeconds(6),
        Storing = TimeSpan.FromSeconds(20),
        Retries = 1,
    };

    private const string Key = "assets/1/aa/aa";
    private const int Large = S3Upload.PartSize + 1_000_000;

    private readonly TemporaryDirectory folder = new();
    private Ceph ceph = null!;
    private string bucket = "";
    private S3FaultProxy proxy = null!;
    private S3AssetStorage storage = null!;
    private S3AssetStorage direct = null!;

    public async ValueTask InitializeAsync()
    {
        ceph = await SharedCeph.GetAsync();
        bucket = await ceph.CreateBucketAsync();
        proxy = await S3FaultProxy.StartAsync(ceph.Address);
        storage = On(proxy.Address);
        direct = On(ceph.Address);
    }

    public async ValueTask DisposeAsync()
    {
        storage.Dispose();
        direct.Dispose();
        await proxy.DisposeAsync();
        folder.Dispose();
    }

    [Theory]
    [InlineData(nameof(S3Fault.SlowDown), 1000)]
    [InlineData(nameof(S3Fault.ErrorAfterSuccess), 1000)]
    [InlineData(nameof(S3Fault.SilenceAfterSuccess), 1000)]
    [InlineData(nameof(S3Fault.Silence), 1000)]
    [InlineData(nameof(S3Fault.SlowDown), Large)]
    [InlineData(nameof(S3Fault.ErrorAfterSuccess), Large)]
    [InlineData(nameof(S3Fault.SilenceAfterSuccess), Large, "POST uploadId")]
    public async Task A_fault_that_passes_is_waited_out(string fault, int size, string? only = null)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);
        // The first request of each kind fails.
        var failed = new HashSet<string>();
        proxy.Fault = request =>
        {
            var kind = $"{request.Method} {request.Query.Keys.FirstOrDefault(key => key is "uploads" or "uploadId")}";
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
    [InlineData(nameof(S3Fault.SlowDown), 1000)]
    [InlineData(nameof(S3Fault.SlowDown), Large)]
    [InlineData(nameof(S3Fault.Silence), 1000)]
    [InlineData(nameof(S3Fault.SentWrong), 1000)]
    [InlineData(nameof(S3Fault.SentWrong), Large)]
    public async Task What_the_store_does_not_take_is_refused_and_is_not_there(string fault, int size)
    {
        proxy.Fault = request => HttpMethods.IsPut(request.Method) ? Named(fault) : null;

        var refusal = await Assert.ThrowsAsync<Refusal>(() => AssetStorageContract.StoreAsync(storage, Key, new byte[size]));

        Assert.Equal(RefusalKind.Unavailable, refusal.Kind);
        Assert.NotNull(refusal.RetryAfter);
        await NothingIsThereAsync();
    }

    [Theory]
    [InlineData(nameof(S3Fault.ErrorAfterSuccess))]
    [InlineData(nameof(S3Fault.SilenceAfterSuccess))]
    public async Task What_the_store_has_although_it_never_said_so_is_stored(string fault)
    {
        proxy.Fault = request => HttpMethods.IsPut(request.Method) ? Named(fault) : null;

        await AssetStorageContract.StoreAsync(storage, Key, "stored");

        Assert.Equal("stored"u8.ToArray(), await AssetStorageContract.ReadAsync(direct, Key));
    }

    [Fact]
    public async Task An_unknown_outcome_is_refused_where_what_is_there_has_another_length()
    {
        await AssetStorageContract.StoreAsync(direct, Key, "other");
        proxy.Fault = request => HttpMethods.IsPut(request.Method) ? S3Fault.Silence : null;

        var refusal = await Assert.ThrowsAsync<Refusal>(() => AssetStorageContract.StoreAsync(storage, Key, "longer than that"));

        Assert.Equal(RefusalKind.Unavailable, refusal.Kind);
    }

    [Fact]
    public async Task Parts_are_not_taken_for_put_together_because_the_answer_began_with_200()
    {
        proxy.Fault = request => HttpMethods.IsPost(request.Method) && request.Query.ContainsKey("uploadId") ? S3Fault.ErrorWithSuccessStatus : null;

        var refusal = await Assert.ThrowsAsync<Refusal>(() => AssetStorageContract.StoreAsync(storage, Key, new byte[Large]));

        Assert.Equal(RefusalKind.Unavailable, refusal.Kind);
        await NothingIsThereAsync();
    }

    [Theory]
    [InlineData(507, "InsufficientStorage")]
    [InlineData(403, "QuotaExceeded")]
    public async Task A_full_store_is_called_full(int status, string code)
    {
        proxy.Fault = request => HttpMethods.IsPut(request.Method) ? new S3Fault(status, code) : null;

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

        proxy.Fault = request => HttpMethods.IsGet(request.Method) && proxy.Count("GET") == 1 ? S3Fault.CutShort : null;
        await content.CopyVerifiedAsync(once, SHA256.HashData(bytes), CancellationToken.None);
        proxy.Fault = _ => S3Fault.CutShort;
        var failure = await Record.ExceptionAsync(() => content.CopyVerifiedAsync(always, SHA256.HashData(bytes), CancellationToken.None));

        Assert.Equal(bytes, once.ToArray());
        Assert.Equal(RefusalKind.Unavailable, Assert.IsType<Refusal>(failure).Kind);
        Assert.InRange(always.Length, 0, size - 1);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(3_000_000)]
    public async Task A_wrong_byte_is_never_part_of_a_whole(int size)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);
        await AssetStorageContract.StoreAsync(direct, Key, bytes);
        proxy.Fault = _ => S3Fault.WrongByte;
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

        Assert.Equal((2, 0), (proxy.Count("GET"), proxy.Count("HEAD")));
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
        Assert.Equal(1, proxy.Count("GET"));
    }

    [Fact]
    public async Task A_bucket_that_is_gone_and_a_page_that_is_none_are_not_taken_for_missing_keys()
    {
        await AssetStorageContract.StoreAsync(direct, Key, "here");
        proxy.Fault = _ => S3Fault.ErrorWithSuccessStatus;
        await Assert.ThrowsAsync<Refusal>(async () => await storage.ListAsync("", CancellationToken.None).CountAsync(CancellationToken.None));

        proxy.Fault = _ => new S3Fault(404, "NoSuchBucket");

        Assert.Equal(RefusalKind.Unavailable, (await Assert.ThrowsAsync<Refusal>(() => storage.OpenAsync(Key, CancellationToken.None))).Kind);
        var content = (await storage.OpenAsync(Key, 4, CancellationToken.None))!;
        Assert.Equal(RefusalKind.Unavailable, (await Assert.ThrowsAsync<Refusal>(() => content.OpenAsync(CancellationToken.None))).Kind);
    }

    private static S3Fault Named(string name) => (S3Fault)typeof(S3Fault).GetProperty(name)!.GetValue(null)!;

    private async Task NothingIsThereAsync()
    {
        Assert.Null(await direct.OpenAsync(Key, CancellationToken.None));
        using var client = ceph.Client();
        var left = await client.ListMultipartUploadsAsync(new Amazon.S3.Model.ListMultipartUploadsRequest { BucketName = bucket }, TestContext.Current.CancellationToken);
        Assert.Empty(left.MultipartUploads ?? []);
    }

    private S3AssetStorage On(Uri address) => new(
        new()
        {
            Bucket = bucket,
            ServiceUrl = address,
            Region = "us-east-1",
            AccessKey = Ceph.AccessKey,
            SecretKey = Ceph.SecretKey,
            PathStyle = true,
            Patience = Impatient,
        },
        new SpoolDirectory(folder["incoming"], isOwner: true),
        TimeProvider.System);
}
