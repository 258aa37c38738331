using Granary.Core.Access;
using Granary.Core.Database;
using Granary.Core.Events.Buses;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Delivery;

/// <summary>Turns the changes of one domain into events, each once: what follows from them is written together with how far it has come.</summary>
internal sealed class DomainFollower(GranaryDatabase database, ChangeLog log, ResourceArns arns, EventCursor cursor, TimeProvider clock)
{
    /// <summary>So many changes are looked at in one go.</summary>
    public const int Page = 500;

    // A cursor that moved past changes which nothing listens for is written this seldom: after a crash they are looked at again, in vain again.
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(30);

    private long written = cursor.Reached;
    private long writtenAt = clock.GetTimestamp();

    public long Reached { get; private set; } = cursor.Reached;

    /// <summary>The domain was deleted, and its last change has been looked at.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Looks at the next changes.</summary>
    /// <param name="route">Makes the collection of rows.</param>
    /// <param name="committed">Called when the rows are there.</param>
    /// <returns>Whether there may be more.</returns>
    /// <exception cref="LostTurnException">Another node has done it.</exception>
    public async Task<bool> FollowAsync(Func<EventRouting> route, Action<EventRouting> committed, CancellationToken cancellation)
    {
        var changes = await ReadAsync(cancellation);
        if (changes is not [.., var last])
        {
            return false;
        }

        var routing = route();
        foreach (var change in changes.Where(PackageEvent.IsOf))
        {
            foreach (var account in PackageEvent.Receivers(cursor, change))
            {
                if (await routing.IsHeardAsync(account, EventBus.Default))
                {
                    await routing.AddAsync(PackageEvent.Of(arns, cursor, change, account));
                }
            }
        }

        var isLast = last.Kind is ChangeKind.DomainDeleted;
        if (!routing.IsEmpty || isLast)
        {
            await WriteAsync(last.Sequence, routing, isLast);
            committed(routing);
        }

        (Reached, IsOver) = (last.Sequence, isLast);
        return changes.Count == Page;
    }

    /// <summary>Writes how far it has come where that is not written and it is time, or always.</summary>
    public async Task SettleAsync(bool always)
    {
        if (!IsOver && Reached != written && (always || clock.GetElapsedTime(writtenAt) >= Pace))
        {
            await WriteAsync(Reached, null, isLast: false);
        }
    }

    private async Task<List<Change>> ReadAsync(CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.Changes
            .AsNoTracking()
            .Where(c => c.DomainId == cursor.DomainId && c.Sequence > Reached)
            .OrderBy(c => c.Sequence)
            .Take(Page)
            .ToListAsync(cancellation);
    }

    private async Task WriteAsync(long reached, EventRouting? routing, bool isLast)
    {
        async Task WriteAsync(GranaryContext db)
        {
            // Compared, so that two nodes of which each believes that it is its turn write each event once.
            var moved = await db.Database.ExecuteSqlAsync(
                $"UPDATE event_cursors SET reached = {reached} WHERE domain_id = {cursor.DomainId} AND reached = {written}", CancellationToken.None);
            if (moved == 0)
            {
                throw new LostTurnException();
            }

            if (routing is not null)
            {
                await routing.WriteAsync(db);
            }

            if (isLast)
            {
                await db.EventCursors.Where(c => c.DomainId == cursor.DomainId).ExecuteDeleteAsync(CancellationToken.None);
            }
        }

        await log.WriteServerAsync(WriteAsync, CancellationToken.None);
        (written, writtenAt) = (reached, clock.GetTimestamp());
    }
}
