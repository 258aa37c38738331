using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Buses;

/// <summary>Archives of event buses, without what they hold.</summary>
public sealed class ArchiveStore(GranaryDatabase database, ChangeLog log, Quotas quotas, TimeProvider clock)
{
    public async Task<EventArchive?> FindAsync(string account, string name, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.EventArchives.AsNoTracking().SingleOrDefaultAsync(a => a.AccountId == account && a.Name == name, cancellation);
    }

    /// <summary>The archives of an account by name.</summary>
    /// <param name="prefix">What the names begin with; empty for all.</param>
    /// <param name="bus">Null for any.</param>
    /// <param name="state">Null for any.</param>
    /// <param name="after">The name that ended the page before, or null.</param>
    public async Task<IReadOnlyList<EventArchive>> ListAsync(
        string account, string prefix, string? bus, string? state, string? after, int take, CancellationToken cancellation)
    {
        var (from, past) = EventNames.Range(prefix, after);
        await using var db = database.Open();
        return await db.EventArchives.AsNoTracking()
            .Where(a => a.AccountId == account && string.Compare(a.Name, from) > 0 && string.Compare(a.Name, past) < 0
                && (bus == null || a.Bus == bus) && (state == null || a.State == state))
            .OrderBy(a => a.Name).Take(take).ToListAsync(cancellation);
    }

    /// <param name="pattern">A pattern that was read without a fault, or null.</param>
    /// <param name="retentionDays">0 for ever.</param>
    /// <exception cref="Refusal">ResourceAlreadyExists, LimitExceeded. ResourceNotFound: there is no such bus.</exception>
    public Task<EventArchive> CreateAsync(
        string account, string name, string bus, string? description, string? pattern, int retentionDays, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                if (await db.EventArchives.AnyAsync(a => a.AccountId == account && a.Name == name))
                {
                    throw EventRefusals.Exists("Archive", name);
                }

                await EventBusStore.DemandAsync(db, account, bus);
                if (await db.EventArchives.CountAsync(a => a.AccountId == account && a.Bus == bus) >= quotas.ArchivesPerEventBus)
                {
                    throw EventRefusals.LimitExceeded(nameof(Quotas.ArchivesPerEventBus), quotas.ArchivesPerEventBus);
                }

                return db.EventArchives.Add(new EventArchive
                {
                    AccountId = account,
                    Name = name,
                    Id = Uuid.New(),
                    Bus = bus,
                    Description = description,
                    Pattern = pattern,
                    RetentionDays = retentionDays,
                    State = EventArchive.Enabled,
                    CreatedAt = clock.GetUtcNow(),
                }).Entity;
            },
            cancellation);

    /// <exception cref="Refusal">ResourceNotFound.</exception>
    public Task<EventArchive> UpdateAsync(string account, string name, Action<EventArchive> change, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                var archive = await LoadAsync(db, account, name);
                change(archive);
                return archive;
            },
            cancellation);

    /// <summary>Deletes the archive; what it held is nobody's from then on.</summary>
    /// <exception cref="Refusal">ResourceNotFound. ConcurrentModification: a replay of it is going on.</exception>
    public Task DeleteAsync(string account, string name, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                var archive = await LoadAsync(db, account, name);
                var replay = await ReplayStore.Unfinished(db, account).Where(r => r.ArchiveId == archive.Id).Select(r => r.Name).FirstOrDefaultAsync();
                return replay is null
                    ? db.EventArchives.Remove(archive)
                    : throw Refusal.Named(
                        RefusalKind.Conflict, "ConcurrentModificationException", $"Replay {replay} of archive {name} has not ended. Wait for its end, or cancel it.");
            },
            cancellation);

    internal static async Task<EventArchive> LoadAsync(GranaryContext db, string account, string name) =>
        await db.EventArchives.SingleOrDefaultAsync(a => a.AccountId == account && a.Name == name) ?? throw EventRefusals.None("Archive", name);
}
