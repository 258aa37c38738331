using Granary.Core.Access.Identities;
using Granary.Core.Access.Policies;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Buses;

/// <summary>The event buses of accounts.</summary>
public sealed class EventBusStore(GranaryDatabase database, ChangeLog log, Quotas quotas, TimeProvider clock)
{
    /// <summary>The bus; of <see cref="EventBus.Default"/> a row that holds nothing where nothing was set. Null where there is none.</summary>
    public async Task<EventBus?> FindAsync(string account, string bus, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.EventBuses.AsNoTracking().SingleOrDefaultAsync(b => b.AccountId == account && b.Name == bus, cancellation)
            ?? (bus == EventBus.Default ? await UnsetAsync(db, account, cancellation) : null);
    }

    /// <summary>The buses of an account by name, <see cref="EventBus.Default"/> among them.</summary>
    /// <param name="prefix">What the names begin with; empty for all.</param>
    /// <param name="after">The name that ended the page before, or null.</param>
    public async Task<IReadOnlyList<EventBus>> ListAsync(string account, string prefix, string? after, int take, CancellationToken cancellation)
    {
        var (from, past) = EventNames.Range(prefix, after);
        await using var db = database.Open();
        var rows = await db.EventBuses.AsNoTracking()
            .Where(b => b.AccountId == account && string.Compare(b.Name, from) > 0 && string.Compare(b.Name, past) < 0)
            .OrderBy(b => b.Name).Take(take).ToListAsync(cancellation);
        var isInRange = string.CompareOrdinal(EventBus.Default, from) > 0 && string.CompareOrdinal(EventBus.Default, past) < 0;
        return !isInRange || rows.Exists(b => b.Name == EventBus.Default) || await UnsetAsync(db, account, cancellation) is not { } unset
            ? rows
            : [.. rows.Append(unset).OrderBy(b => b.Name, StringComparer.Ordinal).Take(take)];
    }

    /// <exception cref="Refusal">ResourceAlreadyExists, LimitExceeded.</exception>
    public Task<EventBus> CreateAsync(
        string account, string name, string? description, string? settings, IReadOnlyDictionary<string, string> tags, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                if (name == EventBus.Default || await db.EventBuses.AnyAsync(b => b.AccountId == account && b.Name == name))
                {
                    throw EventRefusals.Exists("Event bus", name);
                }

                // The bus that everybody has is one of them.
                if (await db.EventBuses.CountAsync(b => b.AccountId == account && b.Name != EventBus.Default) + 1 >= quotas.EventBusesPerAccount)
                {
                    throw EventRefusals.LimitExceeded(nameof(Quotas.EventBusesPerAccount), quotas.EventBusesPerAccount);
                }

                var now = clock.GetUtcNow();
                var bus = new EventBus { AccountId = account, Name = name, CreatedAt = now, ModifiedAt = now, Description = description, Settings = settings };
                db.EventBuses.Add(bus);
                await EventTagStore.AddAsync(db, quotas, account, EventArns.BusResource(name), tags);
                return bus;
            },
            cancellation);

    /// <exception cref="Refusal">ResourceNotFound, and what <paramref name="change"/> throws.</exception>
    public Task<EventBus> UpdateAsync(string account, string name, Action<EventBus> change, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                var bus = await RowAsync(db, account, name);
                change(bus);
                bus.ModifiedAt = clock.GetUtcNow();
                return bus;
            },
            cancellation);

    /// <summary>Puts the policy that somebody makes out of the one that is there.</summary>
    /// <param name="change">Gets the present policy, null for none, and answers the new one, null for none.</param>
    /// <exception cref="Refusal">ResourceNotFound: there is no such bus. Validation: it is no policy. What <paramref name="change"/> throws.</exception>
    public Task PutPolicyAsync(string account, string name, Func<string?, string?> change, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                var bus = await RowAsync(db, account, name);
                bus.Policy = change(bus.Policy);
                bus.PolicyPrincipalIds = bus.Policy is null ? null : await PrincipalIds.ResolveAsync(db, PolicyDocument.Parse(bus.Policy, PolicyKind.Resource));
                bus.ModifiedAt = clock.GetUtcNow();
                return true;
            },
            cancellation);

    /// <summary>Deletes a bus with its tags. One that is not there is deleted already, as AWS has it.</summary>
    /// <exception cref="Refusal">Validation: it is <see cref="EventBus.Default"/>, or has rules or archives.</exception>
    public Task DeleteAsync(string account, string name, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                if (name == EventBus.Default)
                {
                    throw EventRefusals.Invalid("Cannot delete event bus default.");
                }

                if (await db.EventRules.AnyAsync(r => r.AccountId == account && r.Bus == name))
                {
                    throw EventRefusals.Invalid($"Cannot delete event bus {name}, which has rules. Delete its rules first.");
                }

                if (await db.EventArchives.AnyAsync(a => a.AccountId == account && a.Bus == name))
                {
                    throw EventRefusals.Invalid($"Cannot delete event bus {name}, which has archives. Delete its archives first.");
                }

                await EventTagStore.ClearAsync(db, account, EventArns.BusResource(name));
                return await db.EventBuses.Where(b => b.AccountId == account && b.Name == name).ExecuteDeleteAsync();
            },
            cancellation);

    /// <summary>The policy of a bus as it was meant when it was put; null where there is none.</summary>
    public static PolicyDocument? PolicyOf(EventBus? bus) => bus?.Policy is { } policy
        ? PolicyDocument.Parse(policy, PolicyKind.Resource).Meaning(PrincipalIds.Read(bus.PolicyPrincipalIds ?? ""))
        : null;

    /// <summary>Asks whether an account has a bus.</summary>
    /// <exception cref="Refusal">ResourceNotFound.</exception>
    internal static async Task DemandAsync(GranaryContext db, string account, string bus)
    {
        if (bus != EventBus.Default && !await db.EventBuses.AnyAsync(b => b.AccountId == account && b.Name == bus))
        {
            throw EventRefusals.NoBus(bus);
        }
    }

    private static async Task<EventBus> RowAsync(GranaryContext db, string account, string name)
    {
        if (await db.EventBuses.SingleOrDefaultAsync(b => b.AccountId == account && b.Name == name) is { } row)
        {
            return row;
        }

        var unset = name == EventBus.Default ? await UnsetAsync(db, account, CancellationToken.None) : null;
        return unset is null ? throw EventRefusals.NoBus(name) : db.EventBuses.Add(unset).Entity;
    }

    private static async Task<EventBus?> UnsetAsync(GranaryContext db, string account, CancellationToken cancellation) =>
        await db.Accounts.AsNoTracking().SingleOrDefaultAsync(a => a.Id == account, cancellation) is { } owner
            ? new EventBus { AccountId = account, Name = EventBus.Default, CreatedAt = owner.CreatedAt, ModifiedAt = owner.CreatedAt }
            : null;
}
