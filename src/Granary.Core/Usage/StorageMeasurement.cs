using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Jobs;
using Granary.Core.Packages;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Usage;

/// <summary>
/// Measures, once an hour on one node, how many bytes each domain, repository and package group keeps: each asset once
/// (<see cref="UsageMetric.StorageBytes"/>), and as if each version had its own (<see cref="UsageMetric.LogicalStorageBytes"/>).
/// </summary>
public sealed class StorageMeasurement(GranaryDatabase database, ChangeLog log, JobLeases leases, DomainDirectory domains, TimeProvider clock)
{
    private const string Job = "storage measurement";

    /// <summary>A little less than an hour, so that a look each few minutes never leaves an hour out.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(55);

    private static readonly int[] Spans = [Resolutions.Hour, Resolutions.Day];

    /// <summary>Measures; false where another node is at it, or has been within the hour.</summary>
    public async Task<bool> RunAsync(bool onlyWhenDue, CancellationToken cancellation)
    {
        await using var job = await leases.TryTakeAsync(Job, onlyWhenDue ? Interval : null, TimeSpan.Zero, cancellation);
        if (job is null)
        {
            return false;
        }

        await using var db = database.Open();
        foreach (var domain in await db.Domains.AsNoTracking().OrderBy(d => d.Id).ToListAsync(cancellation))
        {
            var measured = new PendingUsage();
            await MeasureAsync(db, domain, measured, cancellation);
            await log.WriteServerAsync(held => UsageRows.AddAsync(held, measured), cancellation);
            await job.MoveAsync(domain.Name, cancellation);
        }

        await job.FinishAsync();
        return true;
    }

    private async Task MeasureAsync(GranaryContext db, Domain domain, PendingUsage measured, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var names = await db.Repositories.Where(r => r.DomainId == domain.Id).ToDictionaryAsync(r => r.Id, r => r.Name, cancellation);
        var assets = (await db.Assets.Where(a => a.DomainId == domain.Id).SumAsync(a => (long?)a.Size, cancellation)) ?? 0;
        var byPackage = await (
            from package in db.Packages
            join version in db.PackageVersions on new { package.DomainId, PackageId = package.Id } equals new { version.DomainId, version.PackageId }
            join asset in db.VersionAssets on new { version.DomainId, VersionId = version.Id } equals new { asset.DomainId, asset.VersionId }
            where package.DomainId == domain.Id
            group asset.Size by new { package.RepositoryId, package.Format, package.Namespace, package.Name } into sizes
            select new { sizes.Key, Bytes = sizes.Sum() }).ToListAsync(cancellation);
        var distinct = await (
            from package in db.Packages
            join version in db.PackageVersions on new { package.DomainId, PackageId = package.Id } equals new { version.DomainId, version.PackageId }
            join asset in db.VersionAssets on new { version.DomainId, VersionId = version.Id } equals new { asset.DomainId, asset.VersionId }
            where package.DomainId == domain.Id
            select new { package.RepositoryId, asset.Sha256, asset.Size })
            .Distinct().GroupBy(a => a.RepositoryId).Select(g => new { g.Key, Bytes = g.Sum(a => a.Size) }).ToDictionaryAsync(g => g.Key, g => g.Bytes, cancellation);

        Add(measured, domain, "", "", UsageMetric.StorageBytes, assets, now);
        Add(measured, domain, "", "", UsageMetric.LogicalStorageBytes, byPackage.Sum(p => p.Bytes), now);
        foreach (var (id, name) in names)
        {
            Add(measured, domain, name, "", UsageMetric.StorageBytes, distinct.GetValueOrDefault(id), now);
            Add(measured, domain, name, "", UsageMetric.LogicalStorageBytes, byPackage.Where(p => p.Key.RepositoryId == id).Sum(p => p.Bytes), now);
        }

        if (await domains.FindAsync(domain.Owner, domain.Name, cancellation) is { } snapshot)
        {
            string GroupOf(string format, string @namespace, string name) =>
                snapshot.Groups.AssociationOf(new PackageCoordinate(format, @namespace, name)).Group.Pattern.Text;
            foreach (var group in byPackage.GroupBy(p => GroupOf(p.Key.Format, p.Key.Namespace, p.Key.Name)))
            {
                Add(measured, domain, "", group.Key, UsageMetric.LogicalStorageBytes, group.Sum(p => p.Bytes), now);
            }
        }
    }

    private static void Add(PendingUsage measured, Domain domain, string repository, string group, UsageMetric metric, long bytes, DateTimeOffset at)
    {
        foreach (var seconds in Spans)
        {
            var facet = group.Length == 0 ? Facets.Storage : Facets.PackageGroup;
            measured.Add(
                new RollupKey(domain.Owner, domain.Name, facet, metric.Name(), seconds, Resolutions.Floor(at, seconds).ToUnixTimeMilliseconds(), repository, group),
                StatisticSet.Of(bytes));
        }
    }
}
