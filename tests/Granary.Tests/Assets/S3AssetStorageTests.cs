using System.Net;
using System.Security.Cryptography;
using Granary.Core.Assets;
using Granary.Core.Assets.S3;

namespace Granary.Tests.Assets;

public sealed class S3AssetStorageTests : AssetStorageContract, IAsyncLifetime
{
    private Ceph ceph = null!;
    private string bucket = "";

    public async ValueTask InitializeAsync()
    {
        ceph = await SharedCeph.GetAsync();
        bucket = await ceph.CreateBucketAsync();
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task What_is_stored_in_parts_is_read_whole_in_parts_and_from_anywhere()
    {
        var bytes = RandomNumberGenerator.GetBytes((2 * S3Upload.PartSize) + 12_345);
        var storage = Start();
        await StoreAsync(storage, "assets/1/aa/aa", bytes);
        var content = (await storage.OpenAsync("assets/1/aa/aa", CancellationToken.None))!;

        using var whole = new MemoryStream();
        await content.CopyVerifiedAsync(whole, SHA256.HashData(bytes), CancellationToken.None);
        using var part = new MemoryStream();
        await content.CopyToAsync(part, S3Upload.PartSize - 5, 2_000_000, CancellationToken.None);

        Assert.Equal(bytes, whole.ToArray());
        Assert.Equal(bytes[(S3Upload.PartSize - 5)..][..2_000_000], part.ToArray());
        await using var stream = await content.OpenAsync(CancellationToken.None);
        foreach (var offset in (long[])[bytes.Length - 22, 7, bytes.Length - 3_000_000, 0])
        {
            var piece = new byte[Math.Min(bytes.Length - offset, 2_500_000)];
            stream.Seek(offset, SeekOrigin.Begin);
            await stream.ReadExactlyAsync(piece, TestContext.Current.CancellationToken);
            Assert.Equal(bytes[(int)offset..][..piece.Length], piece);
        }

        stream.Seek(0, SeekOrigin.End);
        Assert.Equal(0, await stream.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
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
    public async Task An_address_gives_the_bytes_to_who_has_it_and_is_given_only_where_that_is_set()
    {
        await StoreAsync(Start(), "assets/1/aa/aa", "<script>");
        var content = (await Start(redirect: true).OpenAsync("assets/1/aa/aa", 8, CancellationToken.None))!;
        using var client = new HttpClient();

        var address = (await content.AddressAsync())!;
        using var answer = await client.GetAsync(address, TestContext.Current.CancellationToken);
        using var other = await client.GetAsync(new Uri(address.AbsoluteUri.Replace("aa/aa", "aa/ab", StringComparison.Ordinal)), TestContext.Current.CancellationToken);

        Assert.Equal("<script>", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("application/octet-stream", "attachment"), (answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentDisposition?.DispositionType));
        Assert.Equal(HttpStatusCode.Forbidden, other.StatusCode);
        Assert.DoesNotContain(Ceph.SecretKey, address.AbsoluteUri, StringComparison.Ordinal);
        Assert.Null(await (await Start().OpenAsync("assets/1/aa/aa", 8, CancellationToken.None))!.AddressAsync());
    }

    [Fact]
    public async Task Why_a_bucket_cannot_be_used_is_said_in_words_that_name_no_key()
    {
        var options = Options("granary/");
        using var well = Over(options);
        using var elsewhere = Over(options with { Bucket = "granary-nowhere" });
        using var stranger = Over(options with { SecretKey = "wrong-secret" });
        using var unknown = Over(options with { AccessKey = "NOSUCHKEY" });
        using var dead = Over(options with { ServiceUrl = new Uri("http://127.0.0.1:1/"), Patience = StoreFaultContract.Impatient });

        Assert.Null(await well.FaultAsync(CancellationToken.None));
        await SaysAsync(elsewhere, "There is no bucket granary-nowhere", "Storage:S3:Bucket");
        await SaysAsync(stranger, "does not know the keys", "Storage:S3:SecretKey");
        await SaysAsync(unknown, "does not know the keys", "Storage:S3:AccessKey");
        await SaysAsync(dead, "cannot be reached", "Storage:S3:ServiceUrl");

        static async Task SaysAsync(S3AssetStorage storage, params string[] words)
        {
            var fault = await storage.FaultAsync(CancellationToken.None);
            Assert.All(words, word => Assert.Contains(word, fault, StringComparison.Ordinal));
            Assert.All((string[])[Ceph.AccessKey, Ceph.SecretKey, "wrong-secret", "NOSUCHKEY"], key => Assert.DoesNotContain(key, fault, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Options_show_no_keys() => Assert.DoesNotContain(Ceph.SecretKey, $"{Options("granary/")}", StringComparison.Ordinal);

    protected override IAssetStorage Start() => Start("granary/");

    protected override async Task OverwriteAsync(string key, byte[] bytes)
    {
        using var client = ceph.Client();
        await client.PutObjectAsync(new() { BucketName = bucket, Key = "granary/" + key, InputStream = new MemoryStream(bytes), UseChunkEncoding = false });
    }

    private S3AssetStorage Start(string prefix = "granary/", bool redirect = false) => Over(Options(prefix) with { Redirect = redirect });

    private S3AssetStorage Over(S3Options options) => new(options, new SpoolDirectory(Folder["incoming"], isOwner: true), TimeProvider.System);

    private S3Options Options(string prefix) => new()
    {
        Bucket = bucket,
        Prefix = prefix,
        ServiceUrl = ceph.Address,
        Region = "us-east-1",
        AccessKey = Ceph.AccessKey,
        SecretKey = Ceph.SecretKey,
        PathStyle = true,
    };
}
