using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Collection;

/// <summary>Finds asset rows that no version names, remembers since when, and gives them up when their grace is over.</summary>
public sealed class OrphanSearch(GranaryDatabase database, Dooming dooming)
{
    internal const string Phase = "orphans";

    // Rows that are looked at between two writes of the cursor, and rows that are changed while the domain's writers wait.
    private const int Page = 1000;
    private const int MostAtOnce = 100;

    internal async Task RunAsync(CollectionRound round, string start)
    {
        var (first, after) = Position(start);
        foreach (var domain in await DomainsAsync(first, round.Cancellation))
        {
            await RunAsync(round, domain, domain == first ? after : []);
        }
    }

    private static (long Domain, byte[] After) Position(string cursor) => cursor.Split('/') is [var domain, var hex]
        ? (long.Parse(domain, System.Globalization.CultureInfo.InvariantCulture), Convert.FromHexString(hex))
        : (0, []);

    /// <summary>Domains that are gone too: their assets are left to the collection.</summary>
    private async Task<List<long>> DomainsAsync(long first, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.Assets.Where(a => a.DomainId >= first).Select(a => a.DomainId).Distinct().OrderBy(id => id).ToListAsync(cancellation);
    }

    private async Task RunAsync(CollectionRound round, long domain, byte[] after)
    {
        while (await PageAsync(domain, after, round.Cancellation) is { Count: > 0 } rows)
        {
            foreach (var row in rows.Where(row => !row.IsNamed))
            {
                if (!round.IsOver(row.OrphanedAt))
                {
                    round.Report.Wait(row.Size);
                }
                else if (round.IsDry)
                {
                    round.Report.Remove(row.Size);
                }
            }

            // What is named again begins anew when it is given up again.
            var due = rows.Where(row => row.IsNamed ? row.OrphanedAt is not null : row.OrphanedAt is null || round.IsOver(row.OrphanedAt));
            foreach (var some in round.IsDry ? [] : due.Chunk(MostAtOnce))
            {
                await dooming.HoldAsync(domain, db => ChangeAsync(db, round, domain, some), round.Cancellation);
            }

            after = rows[^1].Sha256;
            await round.ReachAsync(Phase, $"{domain}/{Convert.ToHexStringLower(after)}");
        }
    }

    /// <summary>Everything is looked at again: versions may have come and gone since the page was read.</summary>
    private async Task ChangeAsync(GranaryContext db, CollectionRound round, long domain, IReadOnlyCollection<Row> rows)
    {
        foreach (var row in rows)
        {
            await db.Database.ExecuteSqlAsync(
                $"""
                UPDATE assets SET orphaned_at =
                    CASE WHEN EXISTS (SELECT 1 FROM version_assets v WHERE v.domain_id = assets.domain_id AND v.sha256 = assets.sha256) THEN NULL
                         ELSE COALESCE(orphaned_at, {round.Elapsed}) END
                WHERE domain_id = {domain} AND sha256 = {row.Sha256}
                """);
            var doomed = await db.Database
                .SqlQuery<long>(
                    $"""
                    DELETE FROM assets WHERE domain_id = {domain} AND sha256 = {row.Sha256} AND orphaned_at <= {round.Elapsed - round.Grace}
                    RETURNING generation AS "Value"
                    """)
                .ToListAsync();
            if (doomed is [var generation])
            {
                await dooming.SpendAsync(db, domain, row.Sha256, generation);
            }
        }
    }

    private async Task<List<Row>> PageAsync(long domain, byte[] after, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.Database
            .SqlQuery<Row>(
                $"""
                SELECT a.sha256 AS "Sha256", a.size AS "Size", a.orphaned_at AS "OrphanedAt",
                       EXISTS (SELECT 1 FROM version_assets v WHERE v.domain_id = a.domain_id AND v.sha256 = a.sha256) AS "IsNamed"
                FROM assets a
                WHERE a.domain_id = {domain} AND a.sha256 > {after}
                ORDER BY a.sha256
                LIMIT {Page}
                """)
            .ToListAsync(cancellation);
    }

    private sealed class Row
    {
        public required byte[] Sha256 { get; init; }

        public long Size { get; init; }

        public long? OrphanedAt { get; init; }

        public bool IsNamed { get; init; }
    }
}
