using System.Data;
using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Granary.Core.Database;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Trail;

/// <summary>Something about a chain that is not as the server left it.</summary>
/// <param name="Segment">The segment's number; null where it is about the whole chain.</param>
public sealed record TrailFault(string Chain, long? Segment, string Message);

/// <summary>What was found about one chain.</summary>
/// <param name="Head">The MAC of its last segment: whoever keeps it elsewhere can tell later that nothing before it was taken back.</param>
public sealed record TrailFinding(string Chain, long First, long Last, string Head, IReadOnlyList<TrailFault> Faults);

/// <summary>Follows every chain from its first segment to its last. Works beside a running server.</summary>
public sealed class TrailVerification(GranaryDatabase database, TrailSeal seal)
{
    public async IAsyncEnumerable<TrailFinding> RunAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var (chains, registry) = await ReadChainsAsync(cancellation);
        yield return registry;
        foreach (var chain in chains)
        {
            yield return await VerifyAsync(chain, cancellation);
        }
    }

    /// <summary>The names of all chains, and whether they are as many as were begun.</summary>
    private async Task<(IReadOnlyList<string> Chains, TrailFinding Registry)> ReadChainsAsync(CancellationToken cancellation)
    {
        await using var db = database.Open();
        await using var snapshot = await SnapshotAsync(db, cancellation);
        var rows = await db.Trails.AsNoTracking().ToDictionaryAsync(t => t.Id, cancellation);
        var orphans = await db.TrailSegments.Select(s => s.TrailId).Distinct().ToListAsync(cancellation);
        var faults = new List<TrailFault>();
        if (!rows.Remove(TrailHead.Registry, out var registry))
        {
            faults.Add(new(TrailHead.Registry, null, "The row that counts the chains is missing."));
        }
        else if (!seal.IsGenuine(registry))
        {
            faults.Add(new(TrailHead.Registry, null, "The row that counts the chains was changed."));
        }
        else if (registry.Count != rows.Count)
        {
            faults.Add(new(TrailHead.Registry, null, $"There are {rows.Count} chains where {registry.Count} were begun."));
        }

        faults.AddRange(orphans.Where(id => !rows.ContainsKey(id)).Select(id => new TrailFault(id, null, "It has segments and no row of its own.")));
        return ([.. rows.Keys.Order(StringComparer.Ordinal)], new(TrailHead.Registry, 1, registry?.Count ?? 0, "", faults));
    }

    private async Task<TrailFinding> VerifyAsync(string chain, CancellationToken cancellation)
    {
        await using var db = database.Open();
        // Row and segments as they are at one moment, however much is appended meanwhile.
        await using var snapshot = await SnapshotAsync(db, cancellation);
        var faults = new List<TrailFault>();
        if (await db.Trails.AsNoTracking().SingleOrDefaultAsync(t => t.Id == chain, cancellation) is not { } row)
        {
            return new(chain, 1, 0, "", [new(chain, null, "Its row has just vanished.")]);
        }

        if (!seal.IsGenuine(row))
        {
            faults.Add(new(chain, null, "Its row was changed: where it begins and ends cannot be relied on."));
        }

        var (expected, previous) = (row.First, row.Floor);
        await foreach (var segment in db.TrailSegments.AsNoTracking().Where(s => s.TrailId == chain).OrderBy(s => s.Number).AsAsyncEnumerable().WithCancellation(cancellation))
        {
            if (segment.Number != expected)
            {
                faults.Add(new(chain, segment.Number, segment.Number < expected
                    ? "It stands before the beginning of its chain."
                    : $"It follows a gap: {Range(expected, segment.Number - 1)} missing."));
            }

            if (Problem(segment, previous) is { } problem)
            {
                faults.Add(new(chain, segment.Number, problem));
            }

            (expected, previous) = (segment.Number + 1, segment.Mac);
        }

        if (expected != row.Count + 1)
        {
            faults.Add(new(chain, null, expected <= row.Count
                ? $"Its end was cut off: {Range(expected, row.Count)} missing."
                : $"It goes on behind its end, segment {row.Count}."));
        }
        else if (!CryptographicOperations.FixedTimeEquals(previous, row.Count < row.First ? row.Floor : row.Head))
        {
            faults.Add(new(chain, row.Count, "It is not the segment that the chain ends with."));
        }

        return new(chain, row.First, row.Count, Convert.ToHexStringLower(row.Head), faults);
    }

    private static async Task<DbTransaction> SnapshotAsync(GranaryContext db, CancellationToken cancellation)
    {
        await db.Database.OpenConnectionAsync(cancellation);
        var connection = db.Database.GetDbConnection();
        // Deferred: SQLite's provider would take the write lock otherwise, and the server could not go on.
        var transaction = connection is SqliteConnection sqlite
            ? sqlite.BeginTransaction(deferred: true)
            : await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        await db.Database.UseTransactionAsync(transaction, cancellation);
        return transaction;
    }

    private string? Problem(TrailSegment segment, byte[] previous)
    {
        var content = new SegmentContent(segment.FirstAt, segment.LastAt, segment.Records, segment.Accounts, segment.Body);
        return CryptographicOperations.FixedTimeEquals(seal.Segment(segment.TrailId, segment.Number, previous, content), segment.Mac)
            ? null
            : "It was changed, or does not follow the segment before it.";
    }

    private static string Range(long first, long last) => first == last ? $"segment {first} is" : $"segments {first} to {last} are";
}
