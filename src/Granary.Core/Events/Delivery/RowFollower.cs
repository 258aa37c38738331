using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Delivery;

/// <summary>Turns rows that wait for it into what follows from them, and removes them in the same transaction.</summary>
/// <param name="waiting">The rows, each with an id that rises in the order in which they are to be looked at.</param>
/// <param name="idOf">The id of a row, which no other row has.</param>
/// <param name="add">Adds what follows from a row.</param>
internal sealed class RowFollower<TRow>(
    GranaryDatabase database, ChangeLog log, Func<GranaryContext, IQueryable<TRow>> waiting, Func<TRow, string> idOf, Func<EventRouting, TRow, Task> add)
    where TRow : class
{
    private const int Page = 500;

    // The property of the model that idOf reads.
    private const string Id = nameof(IncomingEvent.Id);

    /// <summary>As of <see cref="DomainFollower.FollowAsync"/>.</summary>
    public async Task<bool> FollowAsync(Func<EventRouting> route, Action<EventRouting> committed, CancellationToken cancellation)
    {
        List<TRow> rows;
        await using (var db = database.Open())
        {
            rows = await waiting(db).AsNoTracking().OrderBy(row => EF.Property<string>(row, Id)).Take(Page).ToListAsync(cancellation);
        }

        if (rows.Count == 0)
        {
            return false;
        }

        var routing = route();
        foreach (var row in rows)
        {
            await add(routing, row);
        }

        await log.WriteServerAsync(
            async db =>
            {
                string[] ids = [.. rows.Select(idOf)];
                // Counted, so that two nodes of which each believes that it is its turn write what follows once.
                if (await db.Set<TRow>().Where(row => ids.Contains(EF.Property<string>(row, Id))).ExecuteDeleteAsync(CancellationToken.None) != ids.Length)
                {
                    throw new LostTurnException();
                }

                await routing.WriteAsync(db);
            },
            CancellationToken.None);
        committed(routing);
        return rows.Count == Page;
    }
}
