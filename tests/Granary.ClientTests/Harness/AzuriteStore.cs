using Azure.Storage.Blobs.Models;
using Granary.Tests;

namespace Granary.ClientTests.Harness;

public sealed class AzuriteStore : ITestStore
{
    private readonly Azurite azurite;

    private AzuriteStore(Azurite azurite) => this.azurite = azurite;

    public string Kind => "azure";

    public string Section => "Azure";

    public Uri Address => azurite.Address;

    public IReadOnlyList<string> Secrets => [Azurite.AccountKey];

    public static async Task<ITestStore> StartAsync() => new AzuriteStore(await Azurite.StartAsync());

    public Task<string> CreateAsync() => azurite.CreateContainerAsync();

    public Dictionary<string, string> Settings(string place) => new()
    {
        ["Container"] = place,
        ["ServiceUrl"] = azurite.Address.ToString(),
        ["AccountName"] = Azurite.AccountName,
        ["AccountKey"] = Azurite.AccountKey,
    };

    public async Task<IReadOnlyList<(string Key, long Length)>> ListAsync(string place, string prefix) =>
        await azurite.Container(place).GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }).Select(found => (found.Name, found.Properties.ContentLength ?? 0)).ToArrayAsync();

    public async Task OverwriteAsync(string place, string key, byte[] bytes) =>
        await azurite.Container(place).GetBlobClient(key).UploadAsync(new BinaryData(bytes), overwrite: true);

    public Task StopAsync() => azurite.StopAsync();

    public Task StartAgainAsync() => azurite.StartAgainAsync();

    public ValueTask DisposeAsync() => azurite.DisposeAsync();
}
