using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Collection;

/// <summary>Makes generations of keys spent, in transactions that hold the domain: see <see cref="Assets.AssetStore"/>.</summary>
public sealed class Dooming(ChangeLog log, TimeProvider clock)
{
    private const string Actor = "granary:collection";

    /// <summary>Runs the work while nobody else writes in the domain. Of a domain that is gone nobody does, and its id is never used again.</summary>
    internal async Task HoldAsync(long domainId, Func<GranaryContext, Task> work, CancellationToken cancellation)
    {
        try
        {
            await log.WriteAsync(
                domainId,
                Actor,
                async transaction =>
                {
                    await work(transaction.Db);
                    return true;
                },
                cancellation);
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.NotFound)
        {
            await log.WriteServerAsync(work, cancellation);
        }
    }

    /// <summary>Makes the generation and all before it spent. The caller has seen in this transaction that no row names it.</summary>
    internal Task SpendAsync(GranaryContext db, long domainId, byte[] sha256, long generation) => db.Database.ExecuteSqlAsync(
        $"""
        INSERT INTO asset_tombstones (domain_id, sha256, generation, removed, doomed_at)
        VALUES ({domainId}, {sha256}, {generation + 1}, {generation}, {clock.GetUtcNow().ToUnixTimeMilliseconds()})
        ON CONFLICT (domain_id, sha256) DO UPDATE SET
            generation = CASE WHEN asset_tombstones.generation > excluded.generation THEN asset_tombstones.generation ELSE excluded.generation END,
            removed = CASE WHEN asset_tombstones.removed < excluded.removed THEN asset_tombstones.removed ELSE excluded.removed END,
            doomed_at = excluded.doomed_at
        """);
}
