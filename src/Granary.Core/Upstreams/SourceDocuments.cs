using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Core.Packages;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;

namespace Granary.Core.Upstreams;

/// <summary>A source's listing of a package as it was last seen. A new <see cref="StorageKey"/> means new content.</summary>
/// <param name="StorageKey">Null: the source has no such package.</param>
/// <param name="FreshUntil">A timestamp of the clock; after it the source is asked again.</param>
/// <param name="IsStale">The source could not be asked just now, and this is what it said before.</param>
public sealed record SourceListing(string? StorageKey, long FreshUntil, bool IsStale);

/// <summary>
/// Listings of public sources: fetched once whoever waits, kept in storage, revalidated after a minute, served as they
/// are while the source is down. That a package does not exist is learnt from a 404 or 410 and from nothing else.
/// </summary>
public sealed class SourceDocuments(
    SourceClient client, SourceLinks links, IAssetStorage storage, GranaryDatabase database, ChangeLog log, FetchLocks locks, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FetchDeadline = TimeSpan.FromSeconds(120);

    // What a client waits for a source to confirm what is already here.
    private static readonly TimeSpan RevalidationPatience = TimeSpan.FromSeconds(3);

    // What a node waits for another one that is asking for the same listing.
    private static readonly TimeSpan OtherNodesPatience = TimeSpan.FromSeconds(10);

    // How long a source that failed is left alone where there is something to serve without it.
    private static readonly TimeSpan Backoff = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(5);

    private readonly DocumentBody body = new(links, storage);
    private readonly SingleFlight<DocumentKey, SourceListing> fetches = new();
    private readonly SourceTurns turns = new(most: 64);

    // Until when a source that failed is left alone, by connection.
    private readonly ConcurrentDictionary<string, long> resting = new(StringComparer.Ordinal);
    // Documents that were just read, decompressed: bytes in all, and for how long after the last use.
    private const long RecentRoom = 24L << 20;
    private static readonly TimeSpan RecentFor = TimeSpan.FromSeconds(15);

    private readonly MemoryCache recent = new(new MemoryCacheOptions { SizeLimit = RecentRoom });
    // Keys whose documents were not there any more: another process replaced them, or the disk lost them. Keys are never used again.
    private readonly MemoryCache gone = new(new MemoryCacheOptions { SizeLimit = 10_000 });
    private readonly MemoryCache known = new(new MemoryCacheOptions { SizeLimit = 100_000 });

    /// <summary>The listing, as fresh as it can be had.</summary>
    /// <exception cref="Refusal">The source cannot be asked and has never answered before.</exception>
    public async ValueTask<SourceListing> GetAsync(
        long domainId, Source source, SourceReader reader, PackageCoordinate package, CancellationToken cancellation)
    {
        var key = new DocumentKey(domainId, source.Connection, reader.DocumentPath(package));
        if (!known.TryGetValue(key, out SourceListing? listing) || IsGone(listing!.StorageKey))
        {
            known.Remove(key);
            listing = await RecallAsync(key, cancellation);
        }

        if (listing is not null && clock.GetTimestamp() < listing.FreshUntil)
        {
            return listing;
        }

        if (listing?.StorageKey is null)
        {
            return await fetches.RunAsync(key, () => FetchAsync(key, source, reader, package)).WaitAsync(cancellation);
        }

        return IsDown(source) ? listing with { IsStale = true } : await RevalidateAsync(key, source, reader, package, listing, cancellation);
    }

    /// <summary>The whole document, decompressed; null when another has taken its place since, and the listing must be asked for again.</summary>
    public async Task<ReadOnlyMemory<byte>?> ReadAsync(string storageKey, CancellationToken cancellation)
    {
        // A listing is read for its packument, and again for each version that is fetched right after.
        if (recent.TryGetValue(storageKey, out ReadOnlyMemory<byte> known))
        {
            return known;
        }

        await using var stored = await storage.OpenAsync(storageKey, cancellation) is { } content ? await OpenAsync(content, cancellation) : null;
        if (stored is null)
        {
            gone.Set(storageKey, true, new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = Freshness });
            return null;
        }

        var document = await DocumentBody.DecompressAsync(stored, stored.Length, cancellation);
        return recent.Set(storageKey, document, new MemoryCacheEntryOptions { Size = document.Length, SlidingExpiration = RecentFor });
    }

    public void Dispose()
    {
        known.Dispose();
        recent.Dispose();
        gone.Dispose();
    }

    private static async Task<Stream?> OpenAsync(AssetContent content, CancellationToken cancellation)
    {
        try
        {
            return await content.OpenAsync(cancellation);
        }
        catch (FileNotFoundException)
        {
            return null; // Replaced between the two steps.
        }
    }

    /// <summary>What an earlier run of the server kept; to be confirmed, and to be served if that fails.</summary>
    private async Task<SourceListing?> RecallAsync(DocumentKey key, CancellationToken cancellation) =>
        await FindAsync(key, cancellation) is { StorageKey: { } storageKey } && !IsGone(storageKey) ? new SourceListing(storageKey, long.MinValue, IsStale: false) : null;

    private async Task<SourceListing> RevalidateAsync(
        DocumentKey key, Source source, SourceReader reader, PackageCoordinate package, SourceListing listing, CancellationToken cancellation)
    {
        try
        {
            return await fetches.RunAsync(key, () => FetchAsync(key, source, reader, package)).WaitAsync(RevalidationPatience, clock, cancellation);
        }
        catch (TimeoutException)
        {
            // The fetch goes on; nobody else waits for this source meanwhile.
            Rest(source);
            return listing with { IsStale = true };
        }
    }

    private async Task<SourceListing> FetchAsync(DocumentKey key, Source source, SourceReader reader, PackageCoordinate package)
    {
        // Whoever looked just before the last fetch ended starts another one just after it.
        if (known.TryGetValue(key, out SourceListing? fresh) && clock.GetTimestamp() < fresh!.FreshUntil)
        {
            return fresh;
        }

        await using var turn = await locks.HoldAsync(key.ToString(), OtherNodesPatience, CancellationToken.None);

        // What is gone can neither be confirmed nor be served instead.
        var before = await FindAsync(key, CancellationToken.None) is { } row && !IsGone(row.StorageKey) ? row : null;
        // By another node's clock, which may be ahead of this one.
        if (turn.Waited && before?.StorageKey is not null && (clock.GetUtcNow() - before.CheckedAt).Duration() is var age && age < Freshness)
        {
            // Another node has just asked.
            return Remember(key, before.StorageKey, Freshness - age, stale: false);
        }

        try
        {
            var listing = Remember(key, await AskInTimeAsync(key, source, reader, package, before), Freshness, stale: false);
            resting.TryRemove(source.Connection, out _);
            return listing;
        }
        catch (Refusal refusal) when (before?.StorageKey is not null)
        {
            // A source that cannot be reached cannot be reached for others either. An answer that is of no use is about this package.
            if (refusal.InnerException is HttpRequestException or SocketException or OperationCanceledException)
            {
                Rest(source);
            }

            return Remember(key, before.StorageKey, Backoff, stale: true);
        }
    }

    private async Task<SourceDocument?> FindAsync(DocumentKey key, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.SourceDocuments.AsNoTracking().SingleOrDefaultAsync(
            d => d.DomainId == key.DomainId && d.Connection == key.Connection && d.Path == key.Path, cancellation);
    }

    private bool IsGone(string? storageKey) => storageKey is not null && gone.TryGetValue(storageKey, out _);

    private bool IsDown(Source source) => resting.TryGetValue(source.Connection, out var until) && clock.GetTimestamp() < until;

    private void Rest(Source source, TimeSpan? span = null) => resting[source.Connection] = After(span ?? Backoff);

    /// <summary>What the source asks for (RFC 9110, 10.2.3), within reason.</summary>
    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter is { } header ? header.Delta ?? header.Date - clock.GetUtcNow() : null;
        return asked is { } span ? TimeSpan.FromSeconds(Math.Clamp(span.TotalSeconds, 1, LongestBackoff.TotalSeconds)) : null;
    }

    private long After(TimeSpan span) => clock.GetTimestamp() + (long)(span.TotalSeconds * clock.TimestampFrequency);

    private SourceListing Remember(DocumentKey key, string? storageKey, TimeSpan freshness, bool stale) =>
        known.Set(key, new SourceListing(storageKey, After(freshness), stale), new MemoryCacheEntryOptions { Size = 1 });

    private async Task<string?> AskInTimeAsync(
        DocumentKey key, Source source, SourceReader reader, PackageCoordinate package, SourceDocument? before)
    {
        using var deadline = new CancellationTokenSource(FetchDeadline, clock);
        try
        {
            return await AskAsync(key, source, reader, package, before, deadline.Token);
        }
        catch (OperationCanceledException failure)
        {
            throw Refusal.SourceFailed($"{source.Connection} did not send the listing within {FetchDeadline.TotalSeconds:0} s.", failure);
        }
    }

    /// <summary>One conditional request. Answers the storage key of the current content, or null when there is none.</summary>
    private async Task<string?> AskAsync(
        DocumentKey key, Source source, SourceReader reader, PackageCoordinate package, SourceDocument? before, CancellationToken cancellation)
    {
        void Headers(HttpRequestHeaders headers)
        {
            headers.TryAddWithoutValidation("Accept", reader.Accept);
            headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
            if (before?.StorageKey is not null && before.ETag is not null)
            {
                headers.TryAddWithoutValidation("If-None-Match", before.ETag);
            }
            else if (before?.StorageKey is not null && before.LastModified is not null)
            {
                headers.TryAddWithoutValidation("If-Modified-Since", before.LastModified);
            }
        }

        using var turn = await turns.EnterAsync(source, cancellation);
        using var response = await client.SendAsync(source, await reader.LocateAsync(links, source, package, cancellation), Headers, cancellation);
        switch (response.StatusCode)
        {
            case HttpStatusCode.NotModified when before?.StorageKey is not null:
                return before.StorageKey;
            case HttpStatusCode.NotFound or HttpStatusCode.Gone:
                if (before?.StorageKey is not null)
                {
                    await SaveAsync(key, null, response, cancellation);
                }

                return null;
            case HttpStatusCode.OK:
                return await KeepAsync(key, source, reader, package, response, cancellation);
            case HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable:
                Rest(source, RetryAfter(response));
                goto default;
            default:
                throw Refusal.SourceFailed($"{source.Connection} answered {(int)response.StatusCode} to a request for {package}.");
        }
    }

    private async Task<string> KeepAsync(
        DocumentKey key, Source source, SourceReader reader, PackageCoordinate package,
        HttpResponseMessage response, CancellationToken cancellation)
    {
        await using var received = storage.CreateSpool();
        await BodyPump.RunAsync(source.Connection, response, received, DocumentBody.Largest, clock, () => { }, cancellation);

        // What came compressed is kept as it came.
        var isCompressed = SourceEncoding.IsCompressed(source, response);
        await using var completed = await body.CompleteAsync(source, reader, package, received, isCompressed, cancellation);
        isCompressed &= completed is null;
        var whole = completed ?? received;
        await using var copy = isCompressed ? null : storage.CreateSpool();
        var plain = DocumentBody.Open(whole, isCompressed);
        if (await DocumentBody.CheckAsync(source, reader, package, plain, copy, isCompressed ? whole.Length : null, cancellation) is { } fault)
        {
            throw Refusal.SourceFailed($"{source.Connection} sent something else than a listing of {package}: {fault}");
        }

        var storageKey = AssetKey.NewDocument(key.DomainId);
        await storage.StoreAsync(copy ?? whole, storageKey, cancellation);
        await SaveAsync(key, storageKey, response, cancellation);
        return storageKey;
    }

    private async Task SaveAsync(
        DocumentKey key, string? storageKey, HttpResponseMessage response, CancellationToken cancellation)
    {
        string? replaced = null;
        await log.WriteServerAsync(
            async db =>
            {
                // Holds the row whether it was there or not: another node may be storing the same document.
                await db.Database.ExecuteSqlAsync(
                    $"""
                    INSERT INTO source_documents (domain_id, connection, path, checked_at) VALUES ({key.DomainId}, {key.Connection}, {key.Path}, 0)
                    ON CONFLICT (domain_id, connection, path) DO UPDATE SET checked_at = 0
                    """,
                    CancellationToken.None);
                var row = await db.SourceDocuments.SingleAsync(
                    d => d.DomainId == key.DomainId && d.Connection == key.Connection && d.Path == key.Path, CancellationToken.None);
                replaced = row.StorageKey;
                row.StorageKey = storageKey;
                row.ETag = response.Headers.ETag?.ToString();
                row.LastModified = response.Content.Headers.LastModified?.ToString("R");
                row.CheckedAt = clock.GetUtcNow();
                await db.SaveChangesAsync(CancellationToken.None);
            },
            cancellation);
        if (replaced is not null)
        {
            // Its own key, which nothing else can name; whoever has it open reads on.
            await storage.DeleteAsync(replaced, CancellationToken.None);
        }
    }

    private sealed record DocumentKey(long DomainId, string Connection, string Path);
}
