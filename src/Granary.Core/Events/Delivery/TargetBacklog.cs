using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Delivery;

/// <summary>The rows that wait for one target.</summary>
internal sealed class TargetBacklog(GranaryDatabase database, ChangeLog log, TargetKey key)
{
    /// <summary>The next rows after an id, in their order.</summary>
    public async Task<List<EventDelivery>> ReadAsync(long after, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await Rows(db).Where(d => d.Id > after).OrderBy(d => d.Id).Take(take).ToListAsync(cancellation);
    }

    /// <summary>The row that follows another one of the same key, among those up to an id.</summary>
    public async Task<EventDelivery?> FollowingAsync(string orderKey, long after, long last, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await Rows(db).Where(d => d.OrderKey == orderKey && d.Id > after && d.Id <= last).OrderBy(d => d.Id).FirstOrDefaultAsync(cancellation);
    }

    /// <summary>Writes what became of some attempts, in one commit.</summary>
    public Task WriteAsync(IReadOnlyList<FinishedAttempt> attempts) => log.WriteServerAsync(
        async db =>
        {
            long[] gone = [.. attempts.Where(a => a.IsOver).Select(a => a.Delivery.Id)];
            await db.EventDeliveries
                .Where(d => d.AccountId == key.Account && d.Bus == key.Bus && d.Rule == key.Rule && d.Target == key.Target && gone.Contains(d.Id))
                .ExecuteDeleteAsync(CancellationToken.None);
            foreach (var attempt in attempts)
            {
                // Each may have been written before by a commit whose answer was lost, or be gone by now.
                if (!attempt.IsOver)
                {
                    await DeferAsync(db, attempt.Delivery);
                }
                else if (attempt.Letter is { } letter)
                {
                    await BuryAsync(db, letter);
                }
            }
        },
        CancellationToken.None);

    private Task<int> DeferAsync(GranaryContext db, EventDelivery delivery) => db.EventDeliveries
        .Where(d => d.AccountId == key.Account && d.Bus == key.Bus && d.Rule == key.Rule && d.Target == key.Target && d.Id == delivery.Id)
        .ExecuteUpdateAsync(
            row => row
                .SetProperty(d => d.Attempts, delivery.Attempts)
                .SetProperty(d => d.DueAt, delivery.DueAt)
                .SetProperty(d => d.LastError, delivery.LastError),
            CancellationToken.None);

    private static Task<int> BuryAsync(GranaryContext db, DeadLetter letter) => db.Database.ExecuteSqlAsync(
        $"""
        INSERT INTO dead_letters (account_id, bus, rule, target, id, order_key, event, accepted_at, dead_at, attempts, reason, is_wanted)
        VALUES ({letter.AccountId}, {letter.Bus}, {letter.Rule}, {letter.Target}, {letter.Id}, {letter.OrderKey}, {letter.Event},
                {letter.AcceptedAt.ToUnixTimeMilliseconds()}, {letter.DeadAt.ToUnixTimeMilliseconds()}, {letter.Attempts}, {letter.Reason}, FALSE)
        ON CONFLICT DO NOTHING
        """,
        CancellationToken.None);

    private IQueryable<EventDelivery> Rows(GranaryContext db) => db.EventDeliveries
        .AsNoTracking()
        .Where(d => d.AccountId == key.Account && d.Bus == key.Bus && d.Rule == key.Rule && d.Target == key.Target);
}

/// <summary>An attempt that has ended: the target took the event, or it is dead, or it is to be sent again.</summary>
/// <param name="Letter">What is kept of a dead one.</param>
internal sealed record FinishedAttempt(EventDelivery Delivery, bool IsOver, DeadLetter? Letter);
