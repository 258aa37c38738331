using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Upstreams;

/// <summary>An asset that is stored: its digest is its ETag.</summary>
public sealed record LocatedAsset(byte[] Sha256, long Size)
{
    /// <summary>Whether its version came from a public source.</summary>
    public bool IsFromSource { get; init; }
}

/// <summary>What a search for an asset found: exactly one of the two.</summary>
public sealed record AssetFound(LocatedAsset? Stored, Download? Arriving);

/// <summary>Finds an asset as clients of a repository see it: there, in its upstreams, at last in the public sources.</summary>
public sealed partial class AssetSearch(
    GranaryDatabase database, PackageSearch search, PackageStamps stamps, SourceListings listings, AssetFetcher fetcher, Ingestion ingestion, ILogger<AssetSearch> logger)
    : IDisposable
{
    private static readonly CompiledQuery<Func<GranaryContext, long, long, string, Task<LocatedAsset?>>> OneAsset = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, long domainId, long versionId, string name) => db.VersionAssets
            .Where(a => a.DomainId == domainId && a.VersionId == versionId && a.Name == name)
            .Select(a => new LocatedAsset(a.Sha256, a.Size))
            .SingleOrDefault()));

    private readonly StampedCache<(long Repository, PackageCoordinate Package, string Version, string Name), LocatedAsset> located = new(stamps, 50_000);

    // Each takes a change of the package between two reads.
    private const int MostAttempts = 5;

    // What a source was asked for and does not have, where no listing tells.
    private static readonly TimeSpan MissingFor = TimeSpan.FromSeconds(60);
    private readonly MemoryCache missing = new(new MemoryCacheOptions { SizeLimit = 50_000 });

    /// <summary>The asset, or null when no reachable repository or source has it or its status hides it.</summary>
    /// <exception cref="Refusal">A source that might have it cannot be asked.</exception>
    public async ValueTask<AssetFound?> FindAsync(
        DomainSnapshot domain, RepositorySnapshot repository, PackageCoordinate package, string version, string name, CancellationToken cancellation)
    {
        if (await FindKnownAsync(domain, repository, package, version, name, cancellation) is { } known)
        {
            return new AssetFound(known, null);
        }

        for (var attempt = 1; ; attempt++)
        {
            var stamp = await stamps.CurrentAsync(domain, package, cancellation);
            if (await FindOnceAsync(domain, repository, package, version, name, stamp, cancellation) is { } found)
            {
                return found;
            }

            // The package has changed meanwhile: a copy may have put another version in the place of the one that was read.
            if (attempt == MostAttempts || stamp.Package == (await stamps.CurrentAsync(domain, package, cancellation)).Package)
            {
                return null;
            }
        }
    }

    private async Task<AssetFound?> FindOnceAsync(
        DomainSnapshot domain,
        RepositorySnapshot repository,
        PackageCoordinate package,
        string version,
        string name,
        (PackageStamp Package, long Sequence) stamp,
        CancellationToken cancellation)
    {
        var key = (repository.Id, package, version, name);
        var path = await search.PathAsync(domain, repository, package, cancellation);
        Refusal? failure = null;
        VersionOrigin? origin = null;
        foreach (var step in path.Steps)
        {
            if (await search.FindVersionAsync(domain, [step], version, cancellation) is { Version: var found })
            {
                if (!found.IsReadable || (origin is not null && origin != found.Origin))
                {
                    break;
                }

                if (await StoredAsync(found, name) is { } bare)
                {
                    var stored = found.OriginConnection is null ? bare : bare with { IsFromSource = true };
                    if (step.Repository.Id == repository.Id)
                    {
                        // Remembered only once it is kept here: whoever finds it remembered keeps nothing.
                        located.Set(key, stored, stamp, 1);
                    }
                    else
                    {
                        await RetainAsync(domain, repository, package, version, step.Repository, cancellation);
                    }

                    return new AssetFound(stored, null);
                }

                if (!CanGain(package, found, step))
                {
                    break;
                }

                origin = found.Origin;
            }

            if (origin is not null && origin.Connection != step.Connection)
            {
                // A version never becomes a mixture of what two origins have under its name.
                continue;
            }

            try
            {
                if (await ArrivingAsync(domain, step, package, version, name, cancellation) is { } arriving)
                {
                    return new AssetFound(null, arriving);
                }
            }
            catch (Refusal refusal) when (refusal.Kind is RefusalKind.SourceFailed)
            {
                // What is stored further on is served without it.
                failure ??= refusal;
            }
        }

        return failure is null ? null : throw failure;
    }

    /// <summary>Where an earlier search found the asset in the repository itself, if nothing has changed since; null says nothing.</summary>
    public ValueTask<LocatedAsset?> FindKnownAsync(
        DomainSnapshot domain, RepositorySnapshot repository, PackageCoordinate package, string version, string name, CancellationToken cancellation) =>
        located.FindAsync((repository.Id, package, version, name), domain, package, cancellation);

    /// <summary>
    /// Keeps a version in the repository that was asked. A reader who can be served is served even where that fails: the
    /// next one tries again.
    /// </summary>
    public async Task RetainAsync(
        DomainSnapshot domain, RepositorySnapshot repository, PackageCoordinate package, string version, RepositorySnapshot from, CancellationToken cancellation)
    {
        if (from.Id == repository.Id)
        {
            return;
        }

        try
        {
            await ingestion.RetainAsync(domain, repository, package, version, from, cancellation);
        }
        catch (Refusal refusal)
        {
            LogNotRetained(package.ToString(), version, repository.Name, refusal.Message);
        }
    }

    public void Dispose()
    {
        located.Dispose();
        missing.Dispose();
    }

    private async Task<LocatedAsset?> StoredAsync(PackageVersion version, string name)
    {
        await using var db = database.Open();
        return await OneAsset.On(db)(db, version.DomainId, version.Id, name);
    }

    /// <summary>Whether a version that lacks an asset may have it elsewhere: not where it was published, for there it is whole.</summary>
    private bool CanGain(PackageCoordinate package, PackageVersion found, SearchStep step) =>
        listings.ReaderOf(package) is { Gathers: true } && found.OriginRepository != step.Repository.Name;

    private async Task<Download?> ArrivingAsync(
        DomainSnapshot domain, SearchStep step, PackageCoordinate package, string version, string name, CancellationToken cancellation)
    {
        if (step.Connection is null || await listings.FindVersionAsync(domain, step, package, version, cancellation) is not { } offered
            || offered.FindAsset(package, name) is not { } asset)
        {
            return null;
        }

        var key = new FetchKey(domain.Id, step.Connection, package, version, name);
        if (!offered.Reader.HasUnlistedAssets)
        {
            return fetcher.Join(key, offered, asset, domain, step);
        }

        return missing.TryGetValue(key, out _) ? null : await TryAsync(key, fetcher.Join(key, offered, asset, domain, step), cancellation);
    }

    /// <summary>The download of what may not be there, once it has begun; null where the source has no such asset.</summary>
    private async Task<Download?> TryAsync(FetchKey key, Download download, CancellationToken cancellation)
    {
        try
        {
            await download.Began.WaitAsync(cancellation);
            return download;
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.NotFound)
        {
            await download.DisposeAsync();
            missing.Set(key, true, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = MissingFor });
            return null;
        }
        catch
        {
            await download.DisposeAsync();
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Package} {Version} was served and could not be retained in {Repository}: {Reason}")]
    private partial void LogNotRetained(string package, string version, string repository, string reason);
}
