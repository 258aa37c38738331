using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Usage;

/// <summary>Removes spans that are older than spans of their length are kept, and the download counts of what is not there any more.</summary>
public sealed class UsageRetention(GranaryDatabase database, ChangeLog log, TimeProvider clock)
{
    // Bounds how long writers wait behind one transaction.
    private const int MostAtOnce = 20;

    public async Task RunAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await using var db = database.Open();
        foreach (var seconds in Resolutions.All)
        {
            var oldest = now - Resolutions.Kept(seconds);
            var old = await db.MetricRollups
                .Where(r => r.Seconds == seconds && r.StartsAt < oldest)
                .Select(r => new { r.AccountId, r.DomainName, r.Facet, r.Metric })
                .Distinct()
                .ToListAsync(cancellation);
            foreach (var some in old.Chunk(MostAtOnce))
            {
                await log.WriteServerAsync(
                    async held =>
                    {
                        foreach (var range in some)
                        {
                            await held.MetricRollups
                                .Where(r => r.AccountId == range.AccountId && r.DomainName == range.DomainName && r.Facet == range.Facet && r.Metric == range.Metric
                                    && r.Seconds == seconds && r.StartsAt < oldest)
                                .ExecuteDeleteAsync(CancellationToken.None);
                        }
                    },
                    cancellation);
            }
        }

        foreach (var domain in await db.DownloadCounts.Select(d => d.DomainId).Distinct().ToListAsync(cancellation))
        {
            await log.WriteServerAsync(held => RemoveGoneAsync(held, domain), cancellation);
        }
    }

    // From the package down, as the indexes lead.
    private static Task<int> RemoveGoneAsync(GranaryContext db, long domain) => db.DownloadCounts
        .Where(d => d.DomainId == domain && !db.Packages.Any(p =>
            p.DomainId == domain && p.Format == d.Format && p.Namespace == d.Namespace && p.Name == d.Package
            && db.Repositories.Any(r => r.DomainId == domain && r.Id == p.RepositoryId && r.Name == d.Repository)
            && db.PackageVersions.Any(v => v.DomainId == domain && v.PackageId == p.Id && v.Version == d.Version)))
        .ExecuteDeleteAsync(CancellationToken.None);
}
