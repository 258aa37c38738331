using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;

namespace Granary.Core.Assets.S3;

/// <summary>Assets as objects of an S3-compatible store: any number of nodes share them, and none has any of its own.</summary>
public sealed class S3AssetStorage : IAssetStorage, IDisposable
{
    // How long an address that is given away can be used: long enough for a client to follow it, and to go on with a download that broke off.
    private static readonly TimeSpan AddressIsGoodFor = TimeSpan.FromMinutes(5);

    private readonly S3Bucket bucket;
    private readonly S3Upload upload;
    private readonly SpoolDirectory incoming;
    private readonly TimeProvider clock;

    /// <param name="incoming">Where this node keeps what is arriving; its own disk.</param>
    public S3AssetStorage(S3Options options, SpoolDirectory incoming, TimeProvider clock)
    {
        bucket = new S3Bucket(options);
        upload = new S3Upload(bucket);
        (this.incoming, this.clock) = (incoming, clock);
    }

    public Spool CreateSpool() => incoming.CreateSpool();

    public Task StoreAsync(Spool spool, string key, CancellationToken cancellation) => upload.RunAsync(spool, key, cancellation);

    public async Task<AssetContent?> OpenAsync(string key, CancellationToken cancellation) =>
        await bucket.LengthAsync(key, cancellation) is { } length ? Content(key, length) : null;

    public Task<AssetContent?> OpenAsync(string key, long length, CancellationToken cancellation) => Task.FromResult<AssetContent?>(Content(key, length));

    public Task DeleteAsync(string key, CancellationToken cancellation) => bucket.AskAsync(
        (s3, token) => s3.DeleteObjectAsync(bucket.Options.Bucket, bucket.KeyOf(key), token), cancellation);

    public async IAsyncEnumerable<StoredKey> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? from = null;
        do
        {
            var page = await bucket.ListAsync(bucket.KeyOf(prefix), from, 1000, cancellation);
            foreach (var found in page.S3Objects ?? [])
            {
                yield return new StoredKey(
                    found.Key[bucket.Options.Prefix.Length..], found.Size ?? 0, new DateTimeOffset((found.LastModified ?? default).ToUniversalTime()));
            }

            from = page.IsTruncated is true ? page.NextContinuationToken : null;
        }
        while (from is not null);
    }

    public async Task<string?> FaultAsync(CancellationToken cancellation)
    {
        try
        {
            await bucket.ListAsync(bucket.Options.Prefix, null, 1, cancellation);
            return null;
        }
        catch (Refusal refusal)
        {
            return S3Failure.Explain(refusal.InnerException!.InnerException!, bucket.Options);
        }
    }

    public void Dispose() => bucket.Dispose();

    private AssetContent Content(string key, long length) => new(
        length,
        path: null,
        (offset, count, cancellation) => ObjectStream.OpenAsync(bucket, key, length, offset, count, cancellation),
        bucket.Options.Redirect ? () => AddressAsync(key) : null);

    private async Task<Uri> AddressAsync(string key)
    {
        var request = new GetPreSignedUrlRequest
        {
            BucketName = bucket.Options.Bucket,
            Key = bucket.KeyOf(key),
            Verb = HttpVerb.GET,
            Expires = (clock.GetUtcNow() + AddressIsGoodFor).UtcDateTime,
            Protocol = bucket.Options.ServiceUrl?.Scheme == Uri.UriSchemeHttp ? Protocol.HTTP : Protocol.HTTPS,
            // Whatever a publisher has put into it, no browser shows it as a page of the store's host.
            ResponseHeaderOverrides = new ResponseHeaderOverrides { ContentType = "application/octet-stream", ContentDisposition = "attachment" },
        };
        return new Uri(await bucket.AskAsync((s3, _) => s3.GetPreSignedURLAsync(request), CancellationToken.None));
    }
}
