using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Buses;

/// <summary>The rules of the event buses.</summary>
public sealed class EventRuleStore(GranaryDatabase database, ChangeLog log, Quotas quotas, TimeProvider clock)
{
    /// <summary>Makes the rule, or replaces everything of the one that has the name but its targets and tags.</summary>
    /// <param name="tags">Counts for a new rule alone.</param>
    /// <exception cref="Refusal">ResourceNotFound: there is no such bus. LimitExceeded: it has all its rules.</exception>
    public Task<EventRule> PutAsync(RuleName name, RuleContent content, IReadOnlyDictionary<string, string> tags, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            name.Account,
            actor,
            async db =>
            {
                await EventBusStore.DemandAsync(db, name.Account, name.Bus);
                var rule = await db.EventRules.SingleOrDefaultAsync(r => r.AccountId == name.Account && r.Bus == name.Bus && r.Name == name.Name);
                if (rule is null)
                {
                    if (await db.EventRules.CountAsync(r => r.AccountId == name.Account && r.Bus == name.Bus) >= quotas.RulesPerEventBus)
                    {
                        throw EventRefusals.LimitExceeded(nameof(Quotas.RulesPerEventBus), quotas.RulesPerEventBus);
                    }

                    rule = new EventRule
                    {
                        AccountId = name.Account,
                        Bus = name.Bus,
                        Name = name.Name,
                        Id = Uuid.New(),
                        State = content.State,
                        Pattern = content.Pattern,
                        CreatedAt = clock.GetUtcNow(),
                    };
                    db.EventRules.Add(rule);
                    await EventTagStore.AddAsync(db, quotas, name.Account, EventArns.RuleResource(name.Bus, name.Name), tags);
                }

                (rule.State, rule.Pattern, rule.Description, rule.RoleArn) = (content.State, content.Pattern, content.Description, content.RoleArn);
                return rule;
            },
            cancellation);

    /// <exception cref="Refusal">ResourceNotFound: the bus or the rule is not there.</exception>
    public async Task<EventRule> GetAsync(RuleName name, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await LoadAsync(db, name, cancellation);
    }

    /// <summary>The rules of a bus by name.</summary>
    /// <param name="prefix">What the names begin with; empty for all.</param>
    /// <param name="after">The name that ended the page before, or null.</param>
    /// <exception cref="Refusal">ResourceNotFound: there is no such bus.</exception>
    public async Task<IReadOnlyList<EventRule>> ListAsync(string account, string bus, string prefix, string? after, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        await EventBusStore.DemandAsync(db, account, bus);
        var (from, past) = EventNames.Range(prefix, after);
        return await db.EventRules.AsNoTracking()
            .Where(r => r.AccountId == account && r.Bus == bus && string.Compare(r.Name, from) > 0 && string.Compare(r.Name, past) < 0)
            .OrderBy(r => r.Name).Take(take).ToListAsync(cancellation);
    }

    /// <exception cref="Refusal">ResourceNotFound: the bus or the rule is not there.</exception>
    public Task SetStateAsync(RuleName name, string state, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(name.Account, actor, async db => (await LoadAsync(db, name)).State = state, cancellation);

    /// <summary>Deletes the rule with its tags. One that is not there is deleted already, as AWS has it.</summary>
    /// <exception cref="Refusal">ResourceNotFound: there is no such bus. Validation: the rule has targets.</exception>
    public Task DeleteAsync(RuleName name, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            name.Account,
            actor,
            async db =>
            {
                await EventBusStore.DemandAsync(db, name.Account, name.Bus);
                if (await db.EventTargets.AnyAsync(t => t.AccountId == name.Account && t.Bus == name.Bus && t.Rule == name.Name))
                {
                    throw EventRefusals.Invalid("Rule can't be deleted since it has targets. Remove its targets first.");
                }

                await EventTagStore.ClearAsync(db, name.Account, EventArns.RuleResource(name.Bus, name.Name));
                return await db.EventRules.Where(r => r.AccountId == name.Account && r.Bus == name.Bus && r.Name == name.Name).ExecuteDeleteAsync() == 1;
            },
            cancellation);

    internal static async Task<EventRule> LoadAsync(GranaryContext db, RuleName name, CancellationToken cancellation = default)
    {
        await EventBusStore.DemandAsync(db, name.Account, name.Bus);
        return await db.EventRules.SingleOrDefaultAsync(r => r.AccountId == name.Account && r.Bus == name.Bus && r.Name == name.Name, cancellation)
            ?? throw EventRefusals.NoRule(name);
    }
}

/// <summary>What a rule is put with.</summary>
/// <param name="State">As in <see cref="EventRule.State"/>.</param>
/// <param name="Pattern">A pattern that was read without a fault.</param>
public sealed record RuleContent(string State, string Pattern, string? Description, string? RoleArn);
