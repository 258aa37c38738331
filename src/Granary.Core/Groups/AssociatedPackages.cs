using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Packages;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Groups;

/// <summary>A package of some repository of the domain, and how it belongs to the group that was asked about.</summary>
public sealed record AssociatedPackage(PackageCoordinate Package, bool IsStrong);

/// <summary>
/// Lists the packages of all repositories of a domain that are in one group. Variations of a name lie anywhere, so that names are read in
/// their order and judged one by one; one call looks at a bounded number of them, and a page may hold less than was asked for.
/// </summary>
public sealed class AssociatedPackages(GranaryDatabase database)
{
    // Names judged for one page, so that one call is bounded however many packages a domain has.
    private const int Most = 20_000;
    private const int Batch = 2_000;

    /// <param name="groups">The domain's, or a preview of them.</param>
    /// <param name="after">Where the page before ended, or null.</param>
    /// <returns>At most <paramref name="size"/> packages, and where the next page begins; null after the last one.</returns>
    public async Task<(IReadOnlyList<AssociatedPackage> Packages, PackageKey? Next)> ListAsync(
        DomainSnapshot domain, PackageGroups groups, PackageGroupNode group, PackageKey? after, int size, CancellationToken cancellation)
    {
        var found = new List<AssociatedPackage>();
        await using var db = database.Open();
        for (var judged = 0; judged < Most; judged += Batch)
        {
            var names = await NamesAsync(db, domain.Id, group.Pattern.Format, after, cancellation);
            foreach (var name in names)
            {
                if (found.Count == size)
                {
                    return (found, after);
                }

                after = name;
                var package = new PackageCoordinate(name.Format, name.Namespace, name.Name);
                var association = groups.AssociationOf(package);
                if (association.Group == group)
                {
                    found.Add(new AssociatedPackage(package, association.IsStrong));
                }
            }

            if (names.Count < Batch)
            {
                return (found, null);
            }
        }

        return (found, after);
    }

    private static Task<List<PackageKey>> NamesAsync(GranaryContext db, long domainId, string format, PackageKey? after, CancellationToken cancellation) =>
        // Grouped and not distinct, because EF Core makes a query within a query of that one, which is read to its end before it is ordered.
        After(db, domainId, format, after).AsNoTracking()
            .GroupBy(p => new { p.Format, p.Namespace, p.Name })
            .OrderBy(g => g.Key.Format).ThenBy(g => g.Key.Namespace).ThenBy(g => g.Key.Name)
            .Take(Batch)
            .Select(g => new PackageKey(g.Key.Format, g.Key.Namespace, g.Key.Name))
            .ToListAsync(cancellation);

    // As in PackageQueries: a format that is given stays out of the row value.
    private static IQueryable<Package> After(GranaryContext db, long domainId, string format, PackageKey? after) => (format, after) switch
    {
        ("", null) => db.Packages.Where(p => p.DomainId == domainId),
        (_, null) => db.Packages.Where(p => p.DomainId == domainId && p.Format == format),
        ("", _) => db.Packages.FromSql(
            $"SELECT * FROM packages WHERE domain_id = {domainId} AND (format, namespace, name) > ({after.Format}, {after.Namespace}, {after.Name})"),
        _ => db.Packages.FromSql(
            $"SELECT * FROM packages WHERE domain_id = {domainId} AND format = {format} AND (namespace, name) > ({after.Namespace}, {after.Name})"),
    };
}
