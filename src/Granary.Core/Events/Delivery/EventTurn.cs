using Granary.Core.Access;
using Granary.Core.Database;
using Granary.Core.Events.Buses;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Events.Delivery;

/// <summary>The time in which this node turns changes into events and delivers them.</summary>
internal sealed class EventTurn : IAsyncDisposable
{
    private readonly GranaryDatabase database;
    private readonly ChangeLog log;
    private readonly EventRules rules;
    private readonly ResourceArns arns;
    private readonly TimeProvider clock;
    private readonly DeliveryQueues queues;
    private readonly RowFollower<IncomingEvent> intake;
    private readonly ReplayFollower replays;
    private readonly RowFollower<DeadLetter> deadLetters;
    private readonly ArchiveRetention retention;
    private readonly Dictionary<long, DomainFollower> domains = [];
    private long lastId;

    public EventTurn(GranaryDatabase database, ChangeLog log, EventRules rules, ResourceArns arns, EventSenders senders, TimeProvider clock, ILogger logger)
    {
        (this.database, this.log, this.rules, this.arns, this.clock) = (database, log, rules, arns, clock);
        queues = new DeliveryQueues(database, log, new TargetSending(senders.Send, senders.SendDead, senders.Policy, clock, logger), clock, logger);
        intake = new RowFollower<IncomingEvent>(database, log, db => db.IncomingEvents, told => told.Id, AddAsync);
        replays = new ReplayFollower(database, log, new EventArns(arns.Region), clock);
        deadLetters = new RowFollower<DeadLetter>(database, log, db => db.DeadLetters.Where(l => l.IsWanted), letter => letter.Id, AddAgainAsync);
        retention = new ArchiveRetention(database, log, clock);
    }

    public async Task StartAsync(CancellationToken cancellation)
    {
        await using (var db = database.Open())
        {
            lastId = Math.Max(
                await db.EventDeliveries.MaxAsync(d => (long?)d.Id, cancellation) ?? 0,
                await db.ArchivedEvents.MaxAsync(e => (long?)e.Id, cancellation) ?? 0);
        }

        await queues.StartAsync(cancellation);
    }

    /// <summary>Looks at everything that may have something new, and answers whether there may be more at once.</summary>
    /// <exception cref="LostTurnException">Another node has done some of it.</exception>
    public async Task<bool> RoundAsync(CancellationToken cancellation)
    {
        var more = false;
        foreach (var domain in await NewsAsync(cancellation))
        {
            more |= await domain.FollowAsync(Route, Committed, cancellation);
            await domain.SettleAsync(always: false);
        }

        foreach (var over in domains.Where(d => d.Value.IsOver).Select(d => d.Key).ToList())
        {
            domains.Remove(over);
        }

        more |= await intake.FollowAsync(Route, Committed, cancellation);
        more |= await replays.FollowAsync(Route, Committed, cancellation);
        more |= await deadLetters.FollowAsync(Route, Committed, cancellation);
        await retention.KeepAsync(cancellation);
        return more;
    }

    public async ValueTask DisposeAsync()
    {
        await queues.DisposeAsync();
        try
        {
            foreach (var domain in domains.Values)
            {
                await domain.SettleAsync(always: true);
            }
        }
        catch (Exception failure) when (failure is LostTurnException || StorageFailure.Of(failure) is not null)
        {
            // Then the next one looks at more changes than it would have had to.
        }
    }

    /// <summary>Somebody has put the event on a bus.</summary>
    private static async Task AddAsync(EventRouting routing, IncomingEvent told)
    {
        if (await routing.IsHeardAsync(told.AccountId, told.Bus))
        {
            await routing.AddAsync(EventIntake.Read(told));
        }
    }

    /// <summary>Somebody has asked for the letter to be offered again.</summary>
    private static Task AddAgainAsync(EventRouting routing, DeadLetter letter)
    {
        routing.AddAgain(letter);
        return Task.CompletedTask;
    }

    private EventRouting Route() => new(rules, lastId, clock.GetUtcNow());

    private void Committed(EventRouting routing)
    {
        lastId = routing.LastId;
        foreach (var target in routing.Targets)
        {
            queues.Wake(target);
        }
    }

    /// <summary>The domains that have changed since they were looked at.</summary>
    private async Task<List<DomainFollower>> NewsAsync(CancellationToken cancellation)
    {
        await using var db = database.Open();
        var rows = await db.Database
            .SqlQuery<DomainNews>(
                $"""
                SELECT d.id AS "Id", d.owner AS "Owner", d.name AS "Name", d.sequence AS "Sequence", c.reached AS "Reached"
                FROM domains d LEFT JOIN event_cursors c ON c.domain_id = d.id
                WHERE c.reached IS NULL OR c.reached < d.sequence
                UNION ALL
                SELECT c.domain_id, c.owner, c.domain, {long.MaxValue}, c.reached
                FROM event_cursors c WHERE NOT EXISTS (SELECT 1 FROM domains d WHERE d.id = c.domain_id)
                """)
            .ToListAsync(cancellation);
        var news = new List<DomainFollower>();
        foreach (var row in rows)
        {
            if (!domains.TryGetValue(row.Id, out var domain))
            {
                var cursor = new EventCursor { DomainId = row.Id, Owner = row.Owner, Domain = row.Name, Reached = row.Reached ?? 0 };
                if (row.Reached is null)
                {
                    await log.WriteServerAsync(write => EventCursors.AddAsync(write, cursor), CancellationToken.None);
                }

                domains.Add(row.Id, domain = new DomainFollower(database, log, arns, cursor, clock));
            }

            if (domain.Reached < row.Sequence)
            {
                news.Add(domain);
            }
        }

        return news;
    }

    private sealed class DomainNews
    {
        public long Id { get; init; }

        public required string Owner { get; init; }

        public required string Name { get; init; }

        public long Sequence { get; init; }

        public long? Reached { get; init; }
    }
}
