using System.Text.Json.Nodes;
using Granary.Core.Database;
using Granary.Core.Events.Buses;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Delivery;

/// <summary>Sends what archives have kept once more, for replays that were started.</summary>
internal sealed class ReplayFollower(GranaryDatabase database, ChangeLog log, EventArns arns, TimeProvider clock)
{
    private const int Page = 200;

    /// <summary>As of <see cref="DomainFollower.FollowAsync"/>: a page of each replay.</summary>
    public async Task<bool> FollowAsync(Func<EventRouting> route, Action<EventRouting> committed, CancellationToken cancellation)
    {
        List<EventReplay> replays;
        await using (var db = database.Open())
        {
            replays = await db.EventReplays
                .AsNoTracking()
                .Where(r => r.State == EventReplay.Starting || r.State == EventReplay.Running || r.State == EventReplay.Cancelling)
                .ToListAsync(cancellation);
        }

        foreach (var replay in replays)
        {
            await GoOnAsync(replay, route(), committed, cancellation);
        }

        return replays.Count > 0;
    }

    private async Task GoOnAsync(EventReplay replay, EventRouting routing, Action<EventRouting> committed, CancellationToken cancellation)
    {
        var before = (replay.State, replay.Reached);
        var events = replay.State == EventReplay.Cancelling ? [] : await ReadAsync(replay, cancellation);
        var only = replay.FilterArns?.Split('\n').Select(arns.RuleOf).OfType<(string, string, string Name)>().Select(r => r.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var kept in events)
        {
            await routing.AddReplayedAsync(
                new BusEvent(replay.AccountId, replay.Bus, kept.OrderKey, kept.At, Named(kept.Event, replay.Name)), only);
        }

        Move(replay, events);
        await log.WriteServerAsync(
            async db =>
            {
                // Compared, as with domains; a replay that was asked to be cancelled meanwhile is looked at again.
                var moved = await db.EventReplays
                    .Where(r => r.AccountId == replay.AccountId && r.Id == replay.Id && r.State == before.State && r.Reached == before.Reached)
                    .ExecuteUpdateAsync(
                        row => row
                            .SetProperty(r => r.State, replay.State)
                            .SetProperty(r => r.Reached, replay.Reached)
                            .SetProperty(r => r.LastReplayedAt, replay.LastReplayedAt)
                            .SetProperty(r => r.EndedAt, replay.EndedAt),
                        CancellationToken.None);
                if (moved == 1)
                {
                    await routing.WriteAsync(db);
                }
            },
            CancellationToken.None);
        committed(routing);
    }

    private async Task<List<ArchivedEvent>> ReadAsync(EventReplay replay, CancellationToken cancellation)
    {
        await using var db = database.Open();
        // In the order in which they happened, which is the order of their ids.
        return await db.ArchivedEvents
            .AsNoTracking()
            .Where(e => e.AccountId == replay.AccountId && e.ArchiveId == replay.ArchiveId && e.Id > replay.Reached && e.At >= replay.From && e.At < replay.To)
            .OrderBy(e => e.Id)
            .Take(Page)
            .ToListAsync(cancellation);
    }

    private void Move(EventReplay replay, List<ArchivedEvent> events)
    {
        if (events is [.., var last])
        {
            (replay.State, replay.Reached, replay.LastReplayedAt) = (EventReplay.Running, last.Id, last.At);
        }

        if (events.Count < Page)
        {
            replay.State = replay.State == EventReplay.Cancelling ? EventReplay.Cancelled : EventReplay.Completed;
            replay.EndedAt = clock.GetUtcNow();
        }
    }

    private static string Named(string json, string replay)
    {
        var told = JsonNode.Parse(json)!.AsObject();
        told["replay-name"] = replay;
        return told.ToJsonString();
    }
}
