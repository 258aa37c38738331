using Granary.Core.Assets;
using Granary.Core.Assets.AzureBlobs;
using Granary.Core.Assets.S3;
using Granary.Core.Database;
using Granary.Tests.Assets;

namespace Granary.Tests.Encryption;

/// <summary>What every storage keeps, kept where all domains are encrypted too.</summary>
public abstract class EncryptedStorageContract : AssetStorageContract, IAsyncLifetime
{
    private Databases databases = null!;
    private EncryptedDomains domains = null!;

    public virtual async ValueTask InitializeAsync()
    {
        databases = await Databases.CreateAsync(Engine.Sqlite);
        domains = new EncryptedDomains(databases.Database, Folder["data"]);
        await domains.AddAsync(1, 2, 3, 7, 9, 10);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await domains.DisposeAsync();
        await databases.DisposeAsync();
        Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Nothing_can_be_sent_around_the_decryption_and_nothing_plain_lies_there()
    {
        var storage = Start();
        await StoreAsync(storage, "assets/1/aa/aa", "a marker that nobody is to find");

        var content = (await storage.OpenAsync("assets/1/aa/aa", CancellationToken.None))!;
        var stored = (await storage.Stored.OpenAsync("assets/1/aa/aa", CancellationToken.None))!;

        Assert.Null(content.Path);
        Assert.Null(await content.AddressAsync());
        using var bytes = new MemoryStream();
        await stored.CopyToAsync(bytes, 0, stored.Length, CancellationToken.None);
        Assert.Equal(31 + 48 + 16, bytes.Length);
        Assert.Equal(-1, bytes.ToArray().AsSpan().IndexOf("marker"u8));
    }

    [Fact]
    public async Task What_is_of_no_encrypted_domain_passes_through()
    {
        var storage = Start();
        foreach (var key in (string[])["assets/4/aa/aa", "owners/1", "damaged/1/aa/aa"])
        {
            await StoreAsync(storage, key, "plain");
            Assert.Equal(5, (await storage.Stored.OpenAsync(key, CancellationToken.None))!.Length);
            Assert.Equal("plain"u8.ToArray(), await ReadAsync(storage, key));
        }
    }

    /// <summary>What the storage itself does with bytes.</summary>
    protected abstract IAssetStorage StartStored();

    protected abstract Task OverwriteStoredAsync(string key, byte[] bytes);

    protected override IAssetStorage Start() => domains.Over(StartStored());

    /// <summary>Bytes of the same length are a bit that flipped, fewer are an end that was lost.</summary>
    protected override async Task OverwriteAsync(string key, byte[] bytes)
    {
        var content = (await Start().Stored.OpenAsync(key, CancellationToken.None))!;
        using var stored = new MemoryStream();
        await content.CopyToAsync(stored, 0, content.Length, CancellationToken.None);
        var there = stored.ToArray();
        var length = (await Start().OpenAsync(key, CancellationToken.None))!.Length;
        there[60] ^= 4;
        await OverwriteStoredAsync(key, bytes.Length == length ? there : there[..^1]);
    }
}

public sealed class EncryptedFileStorageTests : EncryptedStorageContract
{
    protected override IAssetStorage StartStored() => new FileAssetStorage(Folder["storage"], isOwner: true);

    protected override Task OverwriteStoredAsync(string key, byte[] bytes) => File.WriteAllBytesAsync(Path.Combine(Folder["storage"], key), bytes);
}

public sealed class EncryptedS3StorageTests : EncryptedStorageContract
{
    private Ceph ceph = null!;
    private string bucket = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        ceph = await SharedCeph.GetAsync();
        bucket = await ceph.CreateBucketAsync();
    }

    protected override IAssetStorage StartStored() => new S3AssetStorage(
        new S3Options
        {
            Bucket = bucket,
            ServiceUrl = ceph.Address,
            Region = "us-east-1",
            AccessKey = Ceph.AccessKey,
            SecretKey = Ceph.SecretKey,
            PathStyle = true,
            Redirect = true,
        },
        new SpoolDirectory(Folder["incoming"], isOwner: true),
        TimeProvider.System);

    protected override async Task OverwriteStoredAsync(string key, byte[] bytes)
    {
        using var client = ceph.Client();
        await client.PutObjectAsync(new() { BucketName = bucket, Key = key, InputStream = new MemoryStream(bytes), UseChunkEncoding = false });
    }
}

public sealed class EncryptedAzureStorageTests : EncryptedStorageContract
{
    private Azurite azurite = null!;
    private string container = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        azurite = await SharedAzurite.GetAsync();
        container = await azurite.CreateContainerAsync();
    }

    protected override IAssetStorage StartStored() => new AzureAssetStorage(
        new AzureOptions
        {
            Container = container,
            ServiceUrl = azurite.Address,
            AccountName = Azurite.AccountName,
            AccountKey = Azurite.AccountKey,
            Redirect = true,
        },
        new SpoolDirectory(Folder["incoming"], isOwner: true),
        TimeProvider.System);

    protected override async Task OverwriteStoredAsync(string key, byte[] bytes) =>
        await azurite.Container(container).GetBlobClient(key).UploadAsync(new BinaryData(bytes), overwrite: true);
}
