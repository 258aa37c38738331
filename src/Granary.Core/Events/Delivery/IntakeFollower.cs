using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Delivery;

/// <summary>Compares events that were put on a bus with its rules.</summary>
internal sealed class IntakeFollower(GranaryDatabase database, ChangeLog log)
{
    private const int Page = 500;

    /// <summary>As of <see cref="DomainFollower.FollowAsync"/>.</summary>
    public async Task<bool> FollowAsync(Func<EventRouting> route, Action<EventRouting> committed, CancellationToken cancellation)
    {
        List<IncomingEvent> incoming;
        await using (var db = database.Open())
        {
            incoming = await db.IncomingEvents.AsNoTracking().OrderBy(e => e.Id).Take(Page).ToListAsync(cancellation);
        }

        if (incoming.Count == 0)
        {
            return false;
        }

        var routing = route();
        foreach (var told in incoming)
        {
            if (await routing.IsHeardAsync(told.AccountId, told.Bus))
            {
                await routing.AddAsync(EventIntake.Read(told));
            }
        }

        await log.WriteServerAsync(
            async db =>
            {
                string[] ids = [.. incoming.Select(e => e.Id)];
                if (await db.IncomingEvents.Where(e => ids.Contains(e.Id)).ExecuteDeleteAsync(CancellationToken.None) != ids.Length)
                {
                    throw new LostTurnException();
                }

                await routing.WriteAsync(db);
            },
            CancellationToken.None);
        committed(routing);
        return incoming.Count == Page;
    }
}
