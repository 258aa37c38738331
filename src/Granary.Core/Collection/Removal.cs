using System.Globalization;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Collection;

/// <summary>
/// Deletes the keys that are spent. Whoever died in between leaves it to the next, and two who do the same do it once: no key is
/// deleted here that any row will ever name again.
/// </summary>
public sealed class Removal(GranaryDatabase database, ChangeLog log, IAssetStorage storage)
{
    internal const string Phase = "removal";

    private const int Page = 200;

    internal async Task RunAsync(CollectionRound round, string start)
    {
        if (round.IsDry)
        {
            return;
        }

        var (domain, after) = start.Split('/') is [var first, var hex] ? (long.Parse(first, CultureInfo.InvariantCulture), Convert.FromHexString(hex)) : (0, []);
        while (await PageAsync(domain, after, round.Cancellation) is { Count: > 0 } tombstones)
        {
            foreach (var tombstone in tombstones)
            {
                await RemoveAsync(round, tombstone);
            }

            await log.WriteServerAsync(db => NoteAsync(db, tombstones), round.Cancellation);
            (domain, after) = (tombstones[^1].DomainId, tombstones[^1].Sha256);
            await round.ReachAsync(Phase, $"{domain}/{Convert.ToHexStringLower(after)}");
        }
    }

    /// <summary>Deletes a key that is spent and counts it, if it is there.</summary>
    internal async Task RemoveAsync(CollectionRound round, string key)
    {
        if (await storage.OpenAsync(key, round.Cancellation) is { } content)
        {
            await storage.DeleteAsync(key, round.Cancellation);
            round.Report.Remove(content.Length);
        }
    }

    private async Task RemoveAsync(CollectionRound round, Row tombstone)
    {
        for (var generation = tombstone.Removed; generation < tombstone.Generation; generation++)
        {
            if (generation != tombstone.Named)
            {
                await RemoveAsync(round, AssetKey.OfAsset(tombstone.DomainId, tombstone.Sha256, generation));
            }
        }
    }

    private static async Task NoteAsync(GranaryContext db, List<Row> tombstones)
    {
        foreach (var row in tombstones)
        {
            // Not where more was doomed meanwhile: that is for the next round.
            await db.Database.ExecuteSqlAsync(
                $"""
                UPDATE asset_tombstones SET removed = {row.Generation}
                WHERE domain_id = {row.DomainId} AND sha256 = {row.Sha256} AND removed = {row.Removed} AND generation = {row.Generation}
                """);
        }
    }

    private async Task<List<Row>> PageAsync(long domain, byte[] after, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.Database
            .SqlQuery<Row>(
                $"""
                SELECT t.domain_id AS "DomainId", t.sha256 AS "Sha256", t.generation AS "Generation", t.removed AS "Removed", a.generation AS "Named"
                FROM asset_tombstones t
                LEFT JOIN assets a ON a.domain_id = t.domain_id AND a.sha256 = t.sha256
                WHERE t.removed < t.generation AND (t.domain_id > {domain} OR (t.domain_id = {domain} AND t.sha256 > {after}))
                ORDER BY t.domain_id, t.sha256
                LIMIT {Page}
                """)
            .ToListAsync(cancellation);
    }

    private sealed class Row
    {
        public long DomainId { get; init; }

        public required byte[] Sha256 { get; init; }

        public long Generation { get; init; }

        public long Removed { get; init; }

        public long? Named { get; init; }
    }
}
