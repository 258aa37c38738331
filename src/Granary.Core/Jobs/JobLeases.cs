using System.Globalization;
using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Jobs;

/// <summary>
/// Gives a job to one node at a time, so that work is not done twice. Nothing may depend on it but that: a node that was stopped for
/// long wakes up believing that it still has what another one has by then.
/// </summary>
/// <remarks>
/// A job has a clock of its own, which moves when a round is begun, by what the database's clock has moved since the last one, but never
/// back and never further than the step that the job allows. However a machine's clock jumps, what is to be as old as two steps has been
/// seen by three rounds. What lies further ahead than it can was written by a clock that has been set back since, as one that is set by
/// hand or belongs to another machine may be; nobody waits for it.
/// </remarks>
public sealed class JobLeases(GranaryDatabase database, ChangeLog log, TimeProvider clock)
{
    /// <summary>After it the job of a node that died is anybody's.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromMinutes(2);

    // Seconds between two writes of the cursor, so that the log of the database is not filled with them.
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(5);

    private readonly string owner = $"{Environment.MachineName}/{Guid.NewGuid():N}";

    /// <summary>The job, or null: another node has it, or it was finished less than <paramref name="interval"/> ago.</summary>
    /// <param name="interval">Null: whenever it was finished.</param>
    /// <param name="step">The most that the job's clock moves by.</param>
    public async Task<HeldJob?> TryTakeAsync(string name, TimeSpan? interval, TimeSpan step, CancellationToken cancellation)
    {
        // A run of its own each time, so that two in one process are two.
        var holder = $"{owner}/{Guid.NewGuid():N}";
        List<TakenRow> taken = [];
        async Task TakeAsync(GranaryContext db)
        {
            var now = await NowAsync(db);
            var (expires, due, most) = (now + (long)Length.TotalMilliseconds, interval is { } span ? now - (long)span.TotalMilliseconds : long.MaxValue, (long)step.TotalMilliseconds);
            var ahead = now + (2 * (long)Length.TotalMilliseconds);
            await db.Database.ExecuteSqlAsync(
                $"INSERT INTO job_leases (name, expires_at, elapsed, seen_at) VALUES ({name}, 0, 0, {now}) ON CONFLICT (name) DO NOTHING",
                CancellationToken.None);
            taken = await db.Database
                .SqlQuery<TakenRow>(
                    $"""
                    UPDATE job_leases SET owner = {holder}, expires_at = {expires}, seen_at = {now},
                        elapsed = elapsed + CASE WHEN {now} - seen_at < 0 THEN 0 WHEN {now} - seen_at > {most} THEN {most} ELSE {now} - seen_at END
                    WHERE name = {name} AND (owner IS NULL OR expires_at <= {now} OR expires_at > {ahead})
                        AND (finished_at IS NULL OR finished_at <= {due} OR finished_at > {ahead} OR cursor IS NOT NULL)
                    RETURNING elapsed AS "Elapsed", cursor AS "Cursor"
                    """)
                .ToListAsync(CancellationToken.None);
        }

        await log.WriteServerAsync(TakeAsync, cancellation);
        return taken is [var row] ? new HeldJob(this, clock, name, holder, row.Elapsed, row.Cursor) : null;
    }

    /// <summary>What the job's clock would show, were a round begun now.</summary>
    public async Task<long> PeekAsync(string name, TimeSpan step, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var now = await NowAsync(db);
        var lease = await db.JobLeases.AsNoTracking().SingleOrDefaultAsync(j => j.Name == name, cancellation);
        return lease is null ? 0 : lease.Elapsed + Math.Clamp(now - lease.SeenAt.ToUnixTimeMilliseconds(), 0, (long)step.TotalMilliseconds);
    }

    /// <summary>One clock for all nodes where they share a database; where there is one process, its own.</summary>
    private async Task<long> NowAsync(GranaryContext db) => database.Engine is Engine.PostgreSql
        ? await db.Database.SqlQuery<long>($"""SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint AS "Value" """).SingleAsync()
        : clock.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task<bool> MoveAsync(string name, string holder, string cursor, CancellationToken cancellation)
    {
        var held = 0;
        async Task MoveAsync(GranaryContext db)
        {
            var expires = await NowAsync(db) + (long)Length.TotalMilliseconds;
            held = await db.Database.ExecuteSqlAsync(
                $"UPDATE job_leases SET expires_at = {expires}, cursor = {cursor} WHERE name = {name} AND owner = {holder}",
                CancellationToken.None);
        }

        await log.WriteServerAsync(MoveAsync, cancellation);
        return held == 1;
    }

    private Task EndAsync(string name, string holder, bool isFinished)
    {
        async Task EndAsync(GranaryContext db)
        {
            var now = await NowAsync(db);
            await (isFinished
                ? db.Database.ExecuteSqlAsync($"UPDATE job_leases SET owner = NULL, expires_at = 0, cursor = NULL, finished_at = {now} WHERE name = {name} AND owner = {holder}")
                : db.Database.ExecuteSqlAsync($"UPDATE job_leases SET owner = NULL, expires_at = 0 WHERE name = {name} AND owner = {holder}"));
        }

        return log.WriteServerAsync(EndAsync, CancellationToken.None);
    }

    private sealed class TakenRow
    {
        public long Elapsed { get; init; }

        public string? Cursor { get; init; }
    }

    /// <summary>A job that this node has. Disposing it without <see cref="FinishAsync"/> leaves the rest to the next one.</summary>
    public sealed class HeldJob(JobLeases leases, TimeProvider clock, string name, string holder, long elapsed, string? cursor) : IAsyncDisposable
    {
        private long moved = clock.GetTimestamp();
        private bool isOver;

        /// <summary>The job's clock in this round, in milliseconds.</summary>
        public long Elapsed => elapsed;

        /// <summary>Where the round before was broken off.</summary>
        public string? Cursor => cursor;

        /// <summary>Keeps the job, and remembers from where another one would go on. Cheap enough to be called after each piece of work.</summary>
        /// <exception cref="Refusal">Another node has the job by now.</exception>
        public async Task MoveAsync(string reached, CancellationToken cancellation)
        {
            if (clock.GetElapsedTime(moved) < Pace)
            {
                return;
            }

            moved = clock.GetTimestamp();
            if (!await leases.MoveAsync(name, holder, reached, cancellation))
            {
                throw Refusal.Unavailable(string.Create(
                    CultureInfo.InvariantCulture, $"This node did not answer for {Length.TotalMinutes} minutes, and another one goes on with the {name}."));
            }
        }

        public async Task FinishAsync()
        {
            await leases.EndAsync(name, holder, isFinished: true);
            isOver = true;
        }

        public async ValueTask DisposeAsync()
        {
            if (!isOver)
            {
                isOver = true;
                try
                {
                    await leases.EndAsync(name, holder, isFinished: false);
                }
                catch (Refusal)
                {
                    // The database is away; in two minutes the job is anybody's without it.
                }
            }
        }
    }
}
