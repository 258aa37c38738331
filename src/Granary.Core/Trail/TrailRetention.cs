using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Trail;

/// <summary>Removes the segments all of whose records are older than is to be kept, from the front of each chain.</summary>
public sealed class TrailRetention(GranaryDatabase database, ChangeLog log, TrailChains chains, TrailOptions options, TimeProvider clock)
{
    // Bounds how long writers wait behind one transaction.
    private const int MostAtOnce = 500;

    /// <summary>Sees to it that the chains are counted, from before there is one.</summary>
    public Task BeginAsync(CancellationToken cancellation) => log.WriteServerAsync(chains.BeginAsync, cancellation);

    public async Task RunAsync(CancellationToken cancellation)
    {
        if (options.RetentionDays == 0)
        {
            return;
        }

        var oldest = clock.GetUtcNow().AddDays(-options.RetentionDays);
        await using var db = database.Open();
        foreach (var trail in await db.Trails.AsNoTracking().Where(t => t.Id != TrailHead.Registry).ToListAsync(cancellation))
        {
            var end = await db.TrailSegments
                .Where(s => s.TrailId == trail.Id && s.LastAt >= oldest)
                .MinAsync(s => (long?)s.Number, cancellation) ?? trail.Count + 1;
            for (var first = trail.First; first < end;)
            {
                first = Math.Min(first + MostAtOnce, end);
                var cut = first;
                await log.WriteServerAsync(held => chains.CutAsync(held, trail.Id, cut), cancellation);
            }
        }
    }
}
