using System.Security.Cryptography;
using System.Text;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Azure.Storage.Sas;
using Granary.Core.Assets;
using Granary.Core.Assets.AzureBlobs;

namespace Granary.Tests.Assets;

public sealed class AzureAssetStorageTests() : ObjectStorageContract(Azurite.AccountKey), IAsyncLifetime
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
    public async Task An_address_of_https_is_good_for_https_alone_and_for_five_minutes()
    {
        var secure = Over(Options("granary/") with { ServiceUrl = null, Redirect = true });

        var address = (await (await secure.OpenAsync("assets/1/aa/aa", 8, CancellationToken.None))!.AddressAsync())!;

        Assert.StartsWith($"https://{Azurite.AccountName}.blob.core.windows.net/{container}/granary/assets/1/aa/aa?", address.AbsoluteUri, StringComparison.Ordinal);
        var signature = new BlobUriBuilder(address).Sas;
        Assert.Equal((SasProtocol.Https, "r"), (signature.Protocol, signature.Permissions));
        Assert.InRange(signature.ExpiresOn, TimeProvider.System.GetUtcNow().AddMinutes(4), TimeProvider.System.GetUtcNow().AddMinutes(5));
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

    protected override async Task OverwriteAsync(string key, byte[] bytes) =>
        await azurite.Container(container).GetBlobClient("granary/" + key).UploadAsync(new BinaryData(bytes), overwrite: true);

    protected override IAssetStorage Start(string prefix, bool redirect = false) => Over(Options(prefix) with { Redirect = redirect });

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
