using System.Runtime.CompilerServices;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Sas;

namespace Granary.Core.Assets.AzureBlobs;

/// <summary>Assets as block blobs of a container of Azure Blob Storage: any number of nodes share them, and none has any of its own.</summary>
public sealed class AzureAssetStorage : IAssetStorage
{
    // As of S3: long enough for a client to follow it, and to go on with a download that broke off.
    private static readonly TimeSpan AddressIsGoodFor = TimeSpan.FromMinutes(5);

    private readonly AzureContainer container;
    private readonly AzureUpload upload;
    private readonly SpoolDirectory incoming;
    private readonly TimeProvider clock;

    /// <param name="incoming">Where this node keeps what is arriving; its own disk.</param>
    public AzureAssetStorage(AzureOptions options, SpoolDirectory incoming, TimeProvider clock)
    {
        container = new AzureContainer(options);
        upload = new AzureUpload(container);
        (this.incoming, this.clock) = (incoming, clock);
    }

    public Spool CreateSpool() => incoming.CreateSpool();

    public Task StoreAsync(Spool spool, string key, CancellationToken cancellation) => upload.RunAsync(spool, key, cancellation);

    public async Task<AssetContent?> OpenAsync(string key, CancellationToken cancellation) =>
        await container.LengthAsync(key, cancellation) is { } length ? Content(key, length) : null;

    public Task<AssetContent?> OpenAsync(string key, long length, CancellationToken cancellation) => Task.FromResult<AssetContent?>(Content(key, length));

    public async Task DeleteAsync(string key, CancellationToken cancellation)
    {
        try
        {
            // A blob with snapshots, which somebody else made, is not deleted without them.
            await container.AskAsync(token => container.Reader(key).DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: token), cancellation);
        }
        catch (FileNotFoundException)
        {
            // It was not there, or a try that was not answered has deleted it.
        }
    }

    public async IAsyncEnumerable<StoredKey> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? from = null;
        do
        {
            var page = await container.ListAsync(container.KeyOf(prefix), from, 1000, cancellation);
            foreach (var found in page.Values)
            {
                yield return new StoredKey(found.Name[container.Options.Prefix.Length..], found.Properties.ContentLength ?? 0, found.Properties.LastModified ?? default);
            }

            from = page.ContinuationToken;
        }
        while (!string.IsNullOrEmpty(from));
    }

    public async Task<string?> FaultAsync(CancellationToken cancellation)
    {
        try
        {
            await container.ListAsync(container.Options.Prefix, null, 1, cancellation);
            return null;
        }
        catch (Refusal refusal)
        {
            return AzureFailure.Explain(refusal.InnerException!.InnerException!, container.Options);
        }
    }

    private AssetContent Content(string key, long length) => new(
        length,
        path: null,
        (offset, count, cancellation) => ObjectStream.OpenAsync(container, key, length, offset, count, cancellation),
        container.Options.Redirect ? () => Task.FromResult(Address(key)) : null);

    private Uri Address(string key)
    {
        var blob = container.Reader(key);
        return blob.GenerateSasUri(new BlobSasBuilder(BlobSasPermissions.Read, clock.GetUtcNow() + AddressIsGoodFor)
        {
            BlobContainerName = blob.BlobContainerName,
            BlobName = blob.Name,
            Resource = "b",
            Protocol = blob.Uri.Scheme == Uri.UriSchemeHttp ? SasProtocol.HttpsAndHttp : SasProtocol.Https,
            // Whatever a publisher has put into it, no browser shows it as a page of the store's host.
            ContentType = "application/octet-stream",
            ContentDisposition = "attachment",
        });
    }
}
