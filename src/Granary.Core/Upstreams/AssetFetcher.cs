using System.Collections.Concurrent;
using System.Net;
using Granary.Core.Assets;
using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Usage;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Upstreams;

/// <summary>Everything that names one asset of one version at one public source.</summary>
public sealed record FetchKey(long DomainId, string Connection, PackageCoordinate Package, string Version, string Asset);

/// <summary>
/// Brings assets in from public sources: one request for each, whoever and however many wait for it, under a deadline of
/// its own. What does not have the promised digest is thrown away.
/// </summary>
public sealed partial class AssetFetcher(
    SourceClient client, SourceLinks links, AssetStore assets, PackageSearch search, Ingestion ingestion, Quotas quotas, FetchLocks locks, TimeProvider clock, ILogger<AssetFetcher> logger, UsageMeter? usage = null)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(30);

    private readonly ConcurrentDictionary<FetchKey, Lazy<Download>> running = new();
    private readonly SourceTurns turns = new(most: 64);

    /// <summary>Joins the download of this asset, or begins it. The caller disposes what it gets.</summary>
    public Download Join(FetchKey key, OfferedVersion offered, SourceAsset asset, DomainSnapshot domain, SearchStep step)
    {
        while (true)
        {
            var entry = running.GetOrAdd(key, asked => new(() =>
            {
                var download = new Download(assets.CreateSpool(), step.Repository);
                _ = Task.Run(() => RunAsync(asked, offered, asset, domain, step, download), CancellationToken.None);
                return download;
            }));
            if (entry.Value.TryJoin())
            {
                return entry.Value;
            }

            running.TryRemove(new(key, entry));
        }
    }

    /// <summary>Brings bytes again that the domain names and has lost. Nothing else is written.</summary>
    /// <returns>Whether the source has sent the very same, and they are stored.</returns>
    /// <exception cref="Refusal">SourceFailed: the source does not send them.</exception>
    internal async Task<bool> RefetchAsync(FetchKey key, OfferedVersion offered, SourceAsset asset, SearchStep step, byte[] sha256, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(Deadline, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        await using var download = new Download(assets.CreateSpool(), step.Repository);
        var digests = await ReceiveAsync(key, offered, asset, download, both.Token);
        if (!digests.Sha256.AsSpan().SequenceEqual(sha256))
        {
            return false;
        }

        await assets.StoreAsync(key.DomainId, download.Spool, both.Token);
        return true;
    }

    private async Task RunAsync(FetchKey key, OfferedVersion offered, SourceAsset asset, DomainSnapshot domain, SearchStep step, Download download)
    {
        try
        {
            using var deadline = new CancellationTokenSource(Deadline, clock);

            await using var turn = await locks.HoldAsync(key.ToString(), Deadline, deadline.Token);

            // Whoever looked for the asset just before another download stored it, here or on another node, must not fetch it again.
            if (await IsKeptAsync(key, offered.Reader, step, deadline.Token))
            {
                download.Supersede();
                return;
            }

            var digests = await ReceiveAsync(key, offered, asset, download, deadline.Token);
            await using (var stream = download.Spool.OpenRead())
            {
                // Read before it is stored: then the temporary file has another name.
                var gathered = await offered.Reader.ReadAsync(offered.Version, asset, digests, stream, deadline.Token);
                await assets.StoreAsync(
                    domain.Id,
                    download.Spool,
                    stored => ingestion.IngestAsync(domain, step.Repository, key, offered.Version, stored, gathered, deadline.Token),
                    deadline.Token);
            }

            usage?.RecordFetch(domain, step.Repository.Name, key.Package, digests.Size);
            download.Complete(digests);
        }
#pragma warning disable CA1031 // The edge of a background task: whoever waits for the download is told.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            var told = failure is OperationCanceledException
                ? Refusal.SourceFailed($"{key.Connection} did not send {key.Asset} of {key.Package} within {Deadline.TotalMinutes:0} minutes.", failure)
                : failure;
            LogFailure(key.Connection, key.Package.ToString(), key.Version, told.Message);
            download.Fail(told);
        }
        finally
        {
            running.TryRemove(key, out _);
            await download.DisposeAsync();
        }
    }

    private Task<bool> IsKeptAsync(FetchKey key, SourceReader reader, SearchStep step, CancellationToken cancellation) => reader.Gathers
        ? search.IsKeptAsync(step.Repository, key.Package, key.Version, key.Asset, cancellation)
        : search.IsKeptAsync(step.Repository, key.Package, key.Version, cancellation);

    private async Task<Digests> ReceiveAsync(FetchKey key, OfferedVersion offered, SourceAsset asset, Download download, CancellationToken cancellation)
    {
        var (source, reader) = (offered.Source, offered.Reader);
        var promise = asset.Promise ?? await PromiseAsync(source, asset, cancellation);
        using var turn = await turns.EnterAsync(source, cancellation);
        using var response = await client.SendAsync(source, AddressAt(source, reader, asset), headers => headers.TryAddWithoutValidation("Accept", "*/*"), cancellation);
        if (reader.HasUnlistedAssets && response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            throw Refusal.NotFound(ResourceType.Asset, key.Asset, $"{key.Connection} has no {key.Asset} of {key.Package} {key.Version}.");
        }

        if (response.StatusCode is not HttpStatusCode.OK)
        {
            throw Refusal.SourceFailed($"{key.Connection} answered {(int)response.StatusCode} to a request for {key.Asset} of {key.Package} {key.Version}.");
        }

        if (response.Content.Headers.ContentEncoding.Count > 0)
        {
            throw Refusal.SourceFailed($"{key.Connection} sent {key.Asset} with a content encoding, so its digest cannot be verified.");
        }

        if (response.Content.Headers.ContentLength > quotas.AssetSize)
        {
            throw Refusal.QuotaExceeded(
                ResourceType.Asset,
                key.Asset,
                $"{key.Asset} of {key.Package} {key.Version} has {response.Content.Headers.ContentLength:N0} bytes at {key.Connection}, and an asset has at most {quotas.AssetSize:N0}. The operator of this server can raise {Quotas.Key(nameof(Quotas.AssetSize))}.");
        }

        download.Begin(response.Content.Headers.ContentLength);
        await BodyPump.RunAsync(key.Connection, response, download.Spool, quotas.AssetSize, clock, download.Advance, cancellation);
        var digests = download.Spool.Finish();
        return promise?.Holds(digests) is not false
            ? digests
            : throw Refusal.SourceFailed(
                $"{key.Connection} sent {key.Asset} of {key.Package} {key.Version} with another {promise.Algorithm} digest than its metadata promises. Nothing was kept.");
    }

    /// <summary>What the first checksum document that there is promises; null where there is none.</summary>
    private async Task<PromisedDigest?> PromiseAsync(Source source, SourceAsset asset, CancellationToken cancellation)
    {
        foreach (var (algorithm, address) in asset.Checksums)
        {
            if (await links.FetchAsync(source, address, cancellation) is { } document)
            {
                return PromisedDigest.ReadHex(algorithm, document.Span)
                    ?? throw Refusal.SourceFailed($"{source.Connection} sent something else than the {algorithm} checksum of {asset.Name}.");
            }
        }

        return null;
    }

    /// <summary>Assets are fetched from the source's own host; from another one only where the format's sources keep them elsewhere and promise the bytes.</summary>
    private static Uri AddressAt(Source source, SourceReader reader, SourceAsset asset)
    {
        var address = SourceClient.Reach(source, asset.Address);
        return SourceClient.IsSame(source.Address, address) || (reader.AssetsAreElsewhere && asset.Promise is { Algorithm: DigestAlgorithm.Sha256 or DigestAlgorithm.Sha512 })
            ? address
            : throw Refusal.SourceFailed($"The metadata of {source.Connection} names an asset on another host, which is not fetched.");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Fetching {Package} {Version} from {Connection} failed: {Reason}")]
    private partial void LogFailure(string connection, string package, string version, string reason);
}
