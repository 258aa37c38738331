using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Delivery;

/// <summary>Offers dead letters again that somebody has asked for.</summary>
internal sealed class DeadLetterFollower(GranaryDatabase database, ChangeLog log)
{
    private const int Page = 500;

    /// <summary>As of <see cref="DomainFollower.FollowAsync"/>.</summary>
    public async Task<bool> FollowAsync(Func<EventRouting> route, Action<EventRouting> committed, CancellationToken cancellation)
    {
        List<DeadLetter> wanted;
        await using (var db = database.Open())
        {
            wanted = await db.DeadLetters.AsNoTracking().Where(l => l.IsWanted).OrderBy(l => l.Id).Take(Page).ToListAsync(cancellation);
        }

        if (wanted.Count == 0)
        {
            return false;
        }

        var routing = route();
        wanted.ForEach(routing.AddAgain);
        await log.WriteServerAsync(
            async db =>
            {
                string[] ids = [.. wanted.Select(l => l.Id)];
                if (await db.DeadLetters.Where(l => ids.Contains(l.Id)).ExecuteDeleteAsync(CancellationToken.None) != ids.Length)
                {
                    throw new LostTurnException();
                }

                await routing.WriteAsync(db);
            },
            CancellationToken.None);
        committed(routing);
        return wanted.Count == Page;
    }
}
