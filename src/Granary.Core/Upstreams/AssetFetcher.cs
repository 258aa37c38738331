using System.Collections.Concurrent;
using System.Net;
using Granary.Core.Assets;
using Granary.Core.Domains;
using Granary.Core.Packages;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Upstreams;

/// <summary>Everything that names one asset of one version at one public source.</summary>
public sealed record FetchKey(long DomainId, string Connection, PackageCoordinate Package, string Version, string Asset);

/// <summary>
/// Brings assets in from public sources: one request for each, whoever and however many wait for it, under a deadline of
/// its own. What does not have the promised digest is thrown away.
/// </summary>
public sealed partial class AssetFetcher(SourceClient client, AssetStore assets, PackageSearch search, Ingestion ingestion, Quotas quotas, TimeProvider clock, ILogger<AssetFetcher> logger)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(30);

    private readonly ConcurrentDictionary<FetchKey, Lazy<Download>> running = new();
    private readonly SourceTurns turns = new(most: 64);

    /// <summary>Joins the download of this asset, or begins it. The caller disposes what it gets.</summary>
    public Download Join(FetchKey key, Source source, SourceReader reader, DomainSnapshot domain, SearchStep step, Func<CancellationToken, Task<SourceVersion>> describe)
    {
        while (true)
        {
            var entry = running.GetOrAdd(key, asked => new(() =>
            {
                var download = new Download(assets.CreateSpool(), step.Repository);
                _ = Task.Run(() => RunAsync(asked, source, reader, domain, step, describe, download), CancellationToken.None);
                return download;
            }));
            if (entry.Value.TryJoin())
            {
                return entry.Value;
            }

            running.TryRemove(new(key, entry));
        }
    }

    private async Task RunAsync(
        FetchKey key, Source source, SourceReader reader, DomainSnapshot domain, SearchStep step, Func<CancellationToken, Task<SourceVersion>> describe, Download download)
    {
        try
        {
            using var deadline = new CancellationTokenSource(Deadline, clock);

            // Whoever looked for the version just before another download stored it must not fetch it again.
            if (await search.IsKeptAsync(step.Repository, key.Package, key.Version, deadline.Token))
            {
                download.Supersede();
                return;
            }

            var version = await describe(deadline.Token);
            var digests = await ReceiveAsync(key, source, Asset(version, key), download, deadline.Token);
            await using (var stream = download.Spool.OpenRead())
            {
                // Read before it is stored: then the temporary file has another name.
                var readme = await reader.ReadReadmeAsync(stream, deadline.Token);
                await assets.StoreAsync(domain.Id, download.Spool, deadline.Token);
                await ingestion.IngestAsync(domain, step.Repository, key, version, digests, readme, deadline.Token);
            }

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

    private async Task<Digests> ReceiveAsync(FetchKey key, Source source, SourceAsset asset, Download download, CancellationToken cancellation)
    {
        using var turn = await turns.EnterAsync(source, cancellation);
        using var response = await client.SendAsync(source, AddressAt(source, asset), headers => headers.TryAddWithoutValidation("Accept", "*/*"), cancellation);
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
        return asset.Promise.Holds(digests)
            ? digests
            : throw Refusal.SourceFailed(
                $"{key.Connection} sent {key.Asset} of {key.Package} {key.Version} with another {asset.Promise.Algorithm} digest than its metadata promises. Nothing was kept.");
    }

    private static SourceAsset Asset(SourceVersion version, FetchKey key) =>
        version.Assets.FirstOrDefault(a => a.Name == key.Asset)
        ?? throw Refusal.NotFound(ResourceType.Asset, key.Asset, $"{key.Connection} has no {key.Asset} of {key.Package} {key.Version}.");

    /// <summary>Assets are fetched from the source's own host alone, and by the scheme and port that are configured.</summary>
    private static Uri AddressAt(Source source, SourceAsset asset)
    {
        if (!string.Equals(asset.Address.IdnHost, source.Address.IdnHost, StringComparison.OrdinalIgnoreCase))
        {
            throw Refusal.SourceFailed($"The metadata of {source.Connection} names an asset on another host, which is not fetched.");
        }

        return new UriBuilder(asset.Address) { Scheme = source.Address.Scheme, Port = source.Address.Port, UserName = "", Password = "" }.Uri;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Fetching {Package} {Version} from {Connection} failed: {Reason}")]
    private partial void LogFailure(string connection, string package, string version, string reason);
}
