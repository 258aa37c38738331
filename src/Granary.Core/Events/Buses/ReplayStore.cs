using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Buses;

/// <summary>Replays as they are asked for and told of. Whoever sends the events moves their state.</summary>
public sealed class ReplayStore(GranaryDatabase database, ChangeLog log, Quotas quotas, TimeProvider clock)
{
    public async Task<EventReplay?> FindAsync(string account, string name, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.EventReplays.AsNoTracking().SingleOrDefaultAsync(r => r.AccountId == account && r.Name == name, cancellation);
    }

    /// <summary>The replays of an account by name.</summary>
    /// <param name="prefix">What the names begin with; empty for all.</param>
    /// <param name="archive">The name of an archive; null for any.</param>
    /// <param name="state">Null for any.</param>
    /// <param name="after">The name that ended the page before, or null.</param>
    public async Task<IReadOnlyList<EventReplay>> ListAsync(
        string account, string prefix, string? archive, string? state, string? after, int take, CancellationToken cancellation)
    {
        var (from, past) = EventNames.Range(prefix, after);
        await using var db = database.Open();
        return await db.EventReplays.AsNoTracking()
            .Where(r => r.AccountId == account && string.Compare(r.Name, from) > 0 && string.Compare(r.Name, past) < 0
                && (archive == null || r.Archive == archive) && (state == null || r.State == state))
            .OrderBy(r => r.Name).Take(take).ToListAsync(cancellation);
    }

    /// <exception cref="Refusal">
    /// ResourceAlreadyExists. ResourceNotFound: the bus or the archive is not there. Validation: the archive is another bus's. LimitExceeded: too many
    /// have not ended.
    /// </exception>
    public Task<EventReplay> StartAsync(string account, string name, ReplayContent content, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                await EventBusStore.DemandAsync(db, account, content.Bus);
                var archive = await ArchiveStore.LoadAsync(db, account, content.Archive);
                if (archive.Bus != content.Bus)
                {
                    throw EventRefusals.Invalid(
                        $"Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted: the archive is of event bus {archive.Bus}.");
                }

                if (await db.EventReplays.AnyAsync(r => r.AccountId == account && r.Name == name))
                {
                    throw EventRefusals.Exists("Replay", name);
                }

                if (await Unfinished(db, account).CountAsync() >= quotas.ConcurrentReplays)
                {
                    throw EventRefusals.LimitExceeded(nameof(Quotas.ConcurrentReplays), quotas.ConcurrentReplays);
                }

                return db.EventReplays.Add(new EventReplay
                {
                    AccountId = account,
                    Name = name,
                    Id = Uuid.New(),
                    Description = content.Description,
                    Archive = archive.Name,
                    ArchiveId = archive.Id,
                    Bus = archive.Bus,
                    FilterArns = content.FilterArns,
                    State = EventReplay.Starting,
                    From = content.From,
                    To = content.To,
                    StartedAt = clock.GetUtcNow(),
                }).Entity;
            },
            cancellation);

    /// <summary>Asks that the replay ends before it has sent everything.</summary>
    /// <exception cref="Refusal">ResourceNotFound. IllegalStatus: it has ended, or is about to.</exception>
    public Task<EventReplay> CancelAsync(string account, string name, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                var replay = await db.EventReplays.SingleOrDefaultAsync(r => r.AccountId == account && r.Name == name) ?? throw EventRefusals.None("Replay", name);
                if (replay.State is not (EventReplay.Starting or EventReplay.Running))
                {
                    throw EventRefusals.IllegalStatus($"Replay {name} is not in a valid state for this operation: it is {replay.State}.");
                }

                replay.State = EventReplay.Cancelling;
                return replay;
            },
            cancellation);

    internal static IQueryable<EventReplay> Unfinished(GranaryContext db, string account) => db.EventReplays.Where(r =>
        r.AccountId == account && (r.State == EventReplay.Starting || r.State == EventReplay.Running || r.State == EventReplay.Cancelling));
}

/// <summary>What a replay is started with.</summary>
/// <param name="FilterArns">As in <see cref="EventReplay.FilterArns"/>.</param>
public sealed record ReplayContent(string? Description, string Archive, string Bus, string? FilterArns, DateTimeOffset From, DateTimeOffset To);
