using Granary.Core.Assets;
using Granary.Core.Assets.S3;

namespace Granary.Tests.Assets;

public sealed class S3AssetStorageTests() : ObjectStorageContract(Ceph.SecretKey), IAsyncLifetime
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

    protected override async Task OverwriteAsync(string key, byte[] bytes)
    {
        using var client = ceph.Client();
        await client.PutObjectAsync(new() { BucketName = bucket, Key = "granary/" + key, InputStream = new MemoryStream(bytes), UseChunkEncoding = false });
    }

    protected override IAssetStorage Start(string prefix, bool redirect = false) => Over(Options(prefix) with { Redirect = redirect });

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
