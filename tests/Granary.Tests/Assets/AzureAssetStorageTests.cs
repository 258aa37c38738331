using System.Net;
using System.Security.Cryptography;
using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Azure.Storage.Sas;
using Granary.Core.Assets;
using Granary.Core.Assets.AzureBlobs;

namespace Granary.Tests.Assets;

public sealed class AzureAssetStorageTests : AssetStorageContract, IAsyncLifetime
{
    private Azurite azurite = null!;
    private string container = "";

    public async ValueTask InitializeAsync()
    {
        azurite = await SharedAzurite.GetAsync();
        container = await azurite.CreateContainerAsync();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task What_is_stored_in_blocks_is_read_whole_in_parts_and_from_anywhere()
    {
        var bytes = RandomNumberGenerator.GetBytes((2 * ObjectUpload.PartSize) + 12_345);
        var storage = Start();
        await StoreAsync(storage, "assets/1/aa/aa", bytes);
        var content = (await storage.OpenAsync("assets/1/aa/aa", CancellationToken.None))!;

        using var whole = new MemoryStream();
        await content.CopyVerifiedAsync(whole, SHA256.HashData(bytes), CancellationToken.None);
        using var part = new MemoryStream();
        await content.CopyToAsync(part, ObjectUpload.PartSize - 5, 2_000_000, CancellationToken.None);

        Assert.Equal(bytes, whole.ToArray());
        Assert.Equal(bytes[(ObjectUpload.PartSize - 5)..][..2_000_000], part.ToArray());
        await using var stream = await content.OpenAsync(CancellationToken.None);
        foreach (var offset in (long[])[bytes.Length - 22, 7, bytes.Length - 3_000_000, 0])
        {
            var piece = new byte[Math.Min(bytes.Length - offset, 2_500_000)];
            stream.Seek(offset, SeekOrigin.Begin);
            await stream.ReadExactlyAsync(piece, TestContext.Current.CancellationToken);
            Assert.Equal(bytes[(int)offset..][..piece.Length], piece);
        }
    }

    [Fact]
    public async Task Of_two_that_store_large_bytes_at_once_one_wins_and_the_other_takes_it_for_stored()
    {
        // As encrypted bytes are: of one length, and never the same.
        var (one, other) = (RandomNumberGenerator.GetBytes(ObjectUpload.PartSize + 1000), RandomNumberGenerator.GetBytes(ObjectUpload.PartSize + 1000));
        var storage = Start();

        await Task.WhenAll(StoreAsync(storage, "assets/1/aa/aa", one), StoreAsync(storage, "assets/1/aa/aa", other));

        var kept = await ReadAsync(storage, "assets/1/aa/aa");
        Assert.True(kept.AsSpan().SequenceEqual(one) || kept.AsSpan().SequenceEqual(other), "The blocks of two uploads were mixed.");
    }

    [Fact]
    public async Task Blocks_that_an_upload_left_behind_are_in_nobodys_way()
    {
        var bytes = RandomNumberGenerator.GetBytes(ObjectUpload.PartSize + 1000);
        var blob = azurite.Container(container).GetBlockBlobClient("granary/assets/1/aa/aa");
        await blob.StageBlockAsync(
            Convert.ToBase64String(new byte[20]), new MemoryStream([1, 2, 3]), cancellationToken: TestContext.Current.CancellationToken);
        var storage = Start();

        Assert.Null(await storage.OpenAsync("assets/1/aa/aa", CancellationToken.None));
        Assert.Empty(await storage.ListAsync("", CancellationToken.None).ToArrayAsync(TestContext.Current.CancellationToken));
        await storage.DeleteAsync("assets/1/aa/aa", CancellationToken.None);
        await StoreAsync(storage, "assets/1/aa/aa", bytes);

        Assert.Equal(bytes, await ReadAsync(storage, "assets/1/aa/aa"));
    }

    [Fact]
    public async Task Snapshots_that_somebody_made_are_not_listed_and_do_not_keep_a_key()
    {
        var storage = Start();
        await StoreAsync(storage, "assets/1/aa/aa", "taken");
        var blob = azurite.Container(container).GetBlobClient("granary/assets/1/aa/aa");
        await blob.CreateSnapshotAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Single(await storage.ListAsync("", CancellationToken.None).ToArrayAsync(TestContext.Current.CancellationToken));
        await storage.DeleteAsync("assets/1/aa/aa", CancellationToken.None);

        Assert.Null(await storage.OpenAsync("assets/1/aa/aa", CancellationToken.None));
    }

    [Fact]
    public async Task Lists_more_than_the_store_gives_in_one_page_and_only_what_is_below_the_prefix()
    {
        var (storage, beside) = (Start(), Start(prefix: "granarx/"));
        await StoreAsync(beside, "assets/1/00/beside", "not ours");
        var keys = Enumerable.Range(0, 1_005).Select(number => $"assets/1/{number % 7:00}/{number:0000}").Order(StringComparer.Ordinal).ToArray();
        await Parallel.ForEachAsync(keys, async (key, _) => await StoreAsync(storage, key, key));

        Assert.Equal(keys, await storage.ListAsync("", CancellationToken.None).Select(key => key.Key).ToArrayAsync(CancellationToken.None));
    }

    [Fact]
    public async Task An_address_gives_the_bytes_of_one_key_for_five_minutes_and_is_given_only_where_that_is_set()
    {
        await StoreAsync(Start(), "assets/1/aa/aa", "<script>");
        await StoreAsync(Start(), "assets/1/aa/ab", "<script>");
        var content = (await Start(redirect: true).OpenAsync("assets/1/aa/aa", 8, CancellationToken.None))!;
        using var client = new HttpClient();

        var address = (await content.AddressAsync())!;
        using var answer = await client.GetAsync(address, TestContext.Current.CancellationToken);
        using var other = await client.GetAsync(new Uri(address.AbsoluteUri.Replace("aa/aa", "aa/ab", StringComparison.Ordinal)), TestContext.Current.CancellationToken);
        using var removed = await client.DeleteAsync(address, TestContext.Current.CancellationToken);

        Assert.Equal("<script>", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("application/octet-stream", "attachment"), (answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentDisposition?.DispositionType));
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (other.StatusCode, removed.StatusCode));
        var expires = new BlobUriBuilder(address).Sas.ExpiresOn;
        Assert.InRange(expires, TimeProvider.System.GetUtcNow().AddMinutes(4), TimeProvider.System.GetUtcNow().AddMinutes(5));
        Assert.DoesNotContain(Azurite.AccountKey, Uri.UnescapeDataString(address.AbsoluteUri), StringComparison.Ordinal);
        Assert.Null(await (await Start().OpenAsync("assets/1/aa/aa", 8, CancellationToken.None))!.AddressAsync());
    }

    [Fact]
    public async Task An_address_of_https_is_good_for_https_alone()
    {
        var secure = Over(Options("granary/") with { ServiceUrl = null, Redirect = true });

        var address = (await (await secure.OpenAsync("assets/1/aa/aa", 8, CancellationToken.None))!.AddressAsync())!;

        Assert.StartsWith($"https://{Azurite.AccountName}.blob.core.windows.net/{container}/granary/assets/1/aa/aa?", address.AbsoluteUri, StringComparison.Ordinal);
        Assert.Equal((SasProtocol.Https, "r"), (new BlobUriBuilder(address).Sas.Protocol, new BlobUriBuilder(address).Sas.Permissions));
    }

    [Fact]
    public async Task A_signature_for_the_container_is_enough()
    {
        var storage = Over(Signed("rcwdl", TimeSpan.FromHours(1)));

        await StoreAsync(storage, "assets/1/aa/aa", "taken");
        await StoreAsync(storage, "assets/1/aa/ab", new byte[ObjectUpload.PartSize + 1]);
        await storage.DeleteAsync("assets/1/aa/ab", CancellationToken.None);

        Assert.Equal("taken", Encoding.UTF8.GetString((await ReadAsync(storage, "assets/1/aa/aa"))!));
        Assert.Null(await storage.FaultAsync(CancellationToken.None));
        Assert.Equal(["assets/1/aa/aa"], await storage.ListAsync("", CancellationToken.None).Select(key => key.Key).ToArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Why_a_container_cannot_be_used_is_said_in_words_that_name_no_key()
    {
        var options = Options("granary/");
        var wrong = Convert.ToBase64String("another key"u8);
        var expired = Signed("rcwdl", TimeSpan.FromHours(-1));

        Assert.Null(await Over(options).FaultAsync(CancellationToken.None));
        await SaysAsync(options with { Container = "granary-nowhere" }, "There is no container granary-nowhere", "Storage:Azure:Container");
        await SaysAsync(options with { AccountKey = wrong }, "does not let Granary into", "Storage:Azure:AccountKey");
        await SaysAsync(expired, "does not let Granary into", "Storage:Azure:SasToken", "sp=rcwdl");
        await SaysAsync(options with { ServiceUrl = new Uri($"http://127.0.0.1:1/{Azurite.AccountName}"), Patience = StoreFaultContract.Impatient }, "cannot be reached", "Storage:Azure:ServiceUrl");

        async Task SaysAsync(AzureOptions used, params string[] words)
        {
            var fault = await Over(used).FaultAsync(CancellationToken.None);
            Assert.All(words, word => Assert.Contains(word, fault, StringComparison.Ordinal));
            Assert.All((string[])[Azurite.AccountKey, wrong, Signature(expired)], key => Assert.DoesNotContain(key, fault, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task What_the_log_says_of_a_failure_has_no_key_in_it()
    {
        var expired = Signed("rcwdl", TimeSpan.FromHours(-1));

        var refusal = await Assert.ThrowsAsync<Core.Refusal>(() => StoreAsync(Over(expired), "assets/1/aa/aa", "not taken"));
        var other = await Assert.ThrowsAsync<Core.Refusal>(() => StoreAsync(Over(Options("") with { Container = "granary-nowhere" }), "assets/1/aa/aa", "not taken"));

        Assert.DoesNotContain(Signature(expired), refusal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Azurite.AccountKey, other.ToString(), StringComparison.Ordinal);
        Assert.Contains("ContainerNotFound", other.InnerException!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', other.InnerException.Message);
    }

    [Fact]
    public void Options_show_no_keys()
    {
        var said = $"{Options("granary/")} {Signed("r", TimeSpan.FromHours(1))}";

        Assert.Contains($"container {container} of the account {Azurite.AccountName}", said, StringComparison.Ordinal);
        Assert.DoesNotContain(Azurite.AccountKey, said, StringComparison.Ordinal);
        Assert.DoesNotContain("sig", said, StringComparison.Ordinal);
    }

    protected override IAssetStorage Start() => Start("granary/");

    protected override async Task OverwriteAsync(string key, byte[] bytes) =>
        await azurite.Container(container).GetBlobClient("granary/" + key).UploadAsync(new BinaryData(bytes), overwrite: true);

    private AzureAssetStorage Start(string prefix = "granary/", bool redirect = false) => Over(Options(prefix) with { Redirect = redirect });

    private AzureAssetStorage Over(AzureOptions options) => new(options, new SpoolDirectory(Folder["incoming"], isOwner: true), TimeProvider.System);

    private AzureOptions Options(string prefix) => new()
    {
        Container = container,
        Prefix = prefix,
        ServiceUrl = azurite.Address,
        AccountName = Azurite.AccountName,
        AccountKey = Azurite.AccountKey,
    };

    private AzureOptions Signed(string permissions, TimeSpan from)
    {
        var client = azurite.Container(container);
        var signature = new BlobSasBuilder { BlobContainerName = container, Resource = "c", ExpiresOn = TimeProvider.System.GetUtcNow() + from };
        signature.SetPermissions(permissions, normalize: true);
        return Options("granary/") with { AccountKey = null, SasToken = client.GenerateSasUri(signature).Query.TrimStart('?') };
    }

    private static string Signature(AzureOptions options) => options.SasToken!.Split("sig=")[1];
}
