using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Scrub;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Upstreams;

/// <summary>Brings bytes that were lost here once more from the public source that they came from.</summary>
public sealed class AssetRefetch(GranaryDatabase database, DomainDirectory directory, SourceListings listings, AssetFetcher fetcher)
{
    /// <summary>Whether one of the sources has sent the very same bytes, and they are stored. No version is added or changed.</summary>
    public async Task<bool> TryAsync(long domainId, IReadOnlyList<DamagedUse> uses, byte[] sha256, CancellationToken cancellation)
    {
        if (await FindAsync(domainId, cancellation) is not { } domain)
        {
            return false;
        }

        foreach (var use in uses.Where(use => use.Connection is not null).DistinctBy(use => (use.Connection, use.Package, use.Version, use.Asset)))
        {
            var connected = domain.ConnectedTo(use.Connection!);
            if (connected is not null && await TryAsync(domain, new SearchStep(connected, null, use.Connection), use, sha256, cancellation))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<bool> TryAsync(DomainSnapshot domain, SearchStep step, DamagedUse use, byte[] sha256, CancellationToken cancellation)
    {
        try
        {
            return await listings.FindVersionAsync(domain, step, use.Package, use.Version, cancellation) is { } offered
                && offered.FindAsset(use.Package, use.Asset) is { } asset
                && await fetcher.RefetchAsync(new FetchKey(domain.Id, use.Connection!, use.Package, use.Version, use.Asset), offered, asset, step, sha256, cancellation);
        }
        catch (Refusal)
        {
            // The source is away, or has other bytes by now: the next pass asks again.
            return false;
        }
    }

    private async Task<DomainSnapshot?> FindAsync(long domainId, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.Domains.AsNoTracking().Where(d => d.Id == domainId).Select(d => new { d.Owner, d.Name }).SingleOrDefaultAsync(cancellation) is { } named
            ? await directory.FindAsync(named.Owner, named.Name, cancellation)
            : null;
    }
}
