using System.Globalization;
using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Encryption;
using Granary.Core.Jobs;
using Granary.Core.Upstreams;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Scrub;

/// <summary>
/// Reads every asset that a version names, and compares it with what was published. What rotted is set aside and fetched again where it
/// came from a public source. One node at a time, which goes on where the one before was broken off.
/// </summary>
public sealed class Scrubber(
    GranaryDatabase database, JobLeases leases, AssetInspection inspection, Quarantine quarantine, AssetRefetch refetch, ScrubOptions options, TimeProvider clock)
{
    private const string Job = "scrub";
    private const int Page = 200;
    private const int MostUses = 100;

    /// <summary>Runs a pass, or what another one has left of it. Null: another node is at it, or has been within the interval.</summary>
    /// <param name="onlyWhenDue">Whether the interval counts.</param>
    /// <param name="found">Is told of each damage as it is found.</param>
    public async Task<ScrubReport?> RunAsync(bool onlyWhenDue, Func<Damage, Task> found, CancellationToken cancellation)
    {
        await using var job = await leases.TryTakeAsync(Job, onlyWhenDue ? options.Interval : null, TimeSpan.Zero, cancellation);
        if (job is null)
        {
            return null;
        }

        var report = new ScrubReport();
        var pace = new ReadPace(options.BytesPerSecond, clock);
        var (domain, after) = job.Cursor?.Split('/') is [var first, var hex] ? (long.Parse(first, CultureInfo.InvariantCulture), Convert.FromHexString(hex)) : (0, []);
        while (await PageAsync(domain, after, cancellation) is { Count: > 0 } rows)
        {
            foreach (var row in rows)
            {
                var cursor = $"{domain}/{Convert.ToHexStringLower(after)}";
                async ValueTask ReadAsync(long bytes)
                {
                    report.Bytes += bytes;
                    await pace.PassAsync(bytes, cancellation);
                    await job.MoveAsync(cursor, cancellation);
                }

                try
                {
                    report.Assets++;
                    if (await CheckAsync(row, ReadAsync, cancellation) is { } damage)
                    {
                        report.Damaged++;
                        report.Healed += damage.IsHealed ? 1 : 0;
                        await found(damage);
                    }
                }
                catch (Refusal refusal) when (KeyRefusal.Is(refusal))
                {
                    // Nothing can be said of it until somebody enables its domain's key.
                    report.Closed++;
                }

                (domain, after) = (row.DomainId, row.Sha256);
                await job.MoveAsync($"{domain}/{Convert.ToHexStringLower(after)}", cancellation);
            }
        }

        await job.FinishAsync();
        return report;
    }

    private async Task<Damage?> CheckAsync(Row row, Func<long, ValueTask> read, CancellationToken cancellation)
    {
        if (await InspectAsync(row, read, cancellation) is null || await CurrentAsync(row, cancellation) is not { } current)
        {
            // Whole, or collected meanwhile.
            return null;
        }

        // A second look: the first may have met a collection, or a disk that stumbled once.
        if (await InspectAsync(current, read, cancellation) is not { } kind)
        {
            return null;
        }

        var (domain, uses) = await UsesAsync(current, cancellation);
        if (domain is null || uses.Count == 0)
        {
            return null;
        }

        // What cannot be read may be there again when its disk is; only what was read and is wrong is set aside.
        var kept = kind is DamageKind.WrongBytes or DamageKind.WrongSize
            ? await quarantine.SetAsideAsync(current.DomainId, current.Sha256, current.Generation, cancellation)
            : null;
        var isHealed = kind is not DamageKind.Unreadable && await refetch.TryAsync(current.DomainId, uses, current.Sha256, cancellation)
            && await CurrentAsync(current, cancellation) is { } healed && await InspectAsync(healed, read, cancellation) is null;
        return new Damage(domain, Convert.ToHexStringLower(current.Sha256), kind, uses, isHealed) { QuarantineKey = kept };
    }

    private Task<DamageKind?> InspectAsync(Row row, Func<long, ValueTask> read, CancellationToken cancellation) =>
        inspection.InspectAsync(AssetKey.OfAsset(row.DomainId, row.Sha256, row.Generation), row.Size, row.Sha256, read, cancellation);

    private async Task<List<Row>> PageAsync(long domain, byte[] after, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.Database
            .SqlQuery<Row>(
                $"""
                SELECT domain_id AS "DomainId", sha256 AS "Sha256", generation AS "Generation", size AS "Size"
                FROM assets
                WHERE domain_id > {domain} OR (domain_id = {domain} AND sha256 > {after})
                ORDER BY domain_id, sha256
                LIMIT {Page}
                """)
            .ToListAsync(cancellation);
    }

    private async Task<Row?> CurrentAsync(Row row, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.Assets.AsNoTracking()
            .Where(a => a.DomainId == row.DomainId && a.Sha256 == row.Sha256)
            .Select(a => new Row { DomainId = a.DomainId, Sha256 = a.Sha256, Generation = a.Generation, Size = a.Size })
            .SingleOrDefaultAsync(cancellation);
    }

    private async Task<(string? Domain, IReadOnlyList<DamagedUse> Uses)> UsesAsync(Row row, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await AssetUses.FindAsync(db, row.DomainId, row.Sha256, MostUses, cancellation);
    }

    private sealed class Row
    {
        public long DomainId { get; init; }

        public required byte[] Sha256 { get; init; }

        public long Generation { get; init; }

        public long Size { get; init; }
    }
}
