using Granary.Core.Database;
using Granary.Core.Packages;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Scrub;

/// <summary>Who names an asset.</summary>
internal static class AssetUses
{
    /// <summary>The domain's name, null where it is gone, and at most <paramref name="most"/> uses, the oldest first.</summary>
    public static async Task<(string? Domain, IReadOnlyList<DamagedUse> Uses)> FindAsync(
        GranaryContext db, long domainId, byte[] sha256, int most, CancellationToken cancellation)
    {
        var domain = await db.Domains.Where(d => d.Id == domainId).Select(d => d.Name).SingleOrDefaultAsync(cancellation);
        var uses =
            from a in db.VersionAssets
            join v in db.PackageVersions on new { a.DomainId, Id = a.VersionId } equals new { v.DomainId, v.Id }
            join p in db.Packages on new { v.DomainId, Id = v.PackageId } equals new { p.DomainId, p.Id }
            join r in db.Repositories on new { p.DomainId, Id = p.RepositoryId } equals new { r.DomainId, r.Id }
            where a.DomainId == domainId && a.Sha256 == sha256
            orderby v.Id, a.Name
            select new { Repository = r.Name, p.Format, p.Namespace, p.Name, v.Version, Asset = a.Name, v.OriginConnection };
        var named = await uses.Take(most).ToListAsync(cancellation);
        return (domain, [.. named.Select(u => new DamagedUse(u.Repository, new PackageCoordinate(u.Format, u.Namespace, u.Name), u.Version, u.Asset, u.OriginConnection))]);
    }
}
