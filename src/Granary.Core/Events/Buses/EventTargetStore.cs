using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Buses;

/// <summary>The targets of rules.</summary>
public sealed class EventTargetStore(GranaryDatabase database, ChangeLog log, Quotas quotas)
{
    /// <summary>Adds targets to a rule; one whose id is there already is replaced.</summary>
    /// <param name="targets">Of that rule, each id once.</param>
    /// <exception cref="Refusal">ResourceNotFound: the bus or the rule is not there. LimitExceeded: it would have too many targets.</exception>
    public Task PutAsync(RuleName rule, IReadOnlyList<EventTarget> targets, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            rule.Account,
            actor,
            async db =>
            {
                await EventRuleStore.LoadAsync(db, rule);
                var known = await Of(db, rule).ToDictionaryAsync(t => t.Id, StringComparer.Ordinal);
                foreach (var target in targets)
                {
                    if (known.TryGetValue(target.Id, out var row))
                    {
                        db.Entry(row).CurrentValues.SetValues(target);
                    }
                    else
                    {
                        db.EventTargets.Add(target);
                        known.Add(target.Id, target);
                    }
                }

                return known.Count <= quotas.TargetsPerRule ? true : throw EventRefusals.LimitExceeded(nameof(Quotas.TargetsPerRule), quotas.TargetsPerRule);
            },
            cancellation);

    /// <summary>Removes targets, and answers the ids that the rule has none of.</summary>
    /// <exception cref="Refusal">ResourceNotFound: the bus or the rule is not there.</exception>
    public Task<IReadOnlyList<string>> RemoveAsync(RuleName rule, IReadOnlyCollection<string> ids, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync<IReadOnlyList<string>>(
            rule.Account,
            actor,
            async db =>
            {
                await EventRuleStore.LoadAsync(db, rule);
                var known = await Of(db, rule).ToListAsync();
                db.EventTargets.RemoveRange(known.Where(t => ids.Contains(t.Id)));
                return [.. ids.Except(known.Select(t => t.Id), StringComparer.Ordinal)];
            },
            cancellation);

    /// <summary>The targets of a rule by id.</summary>
    /// <param name="after">The id that ended the page before, or null.</param>
    /// <exception cref="Refusal">ResourceNotFound: the bus or the rule is not there.</exception>
    public async Task<IReadOnlyList<EventTarget>> ListAsync(RuleName rule, string? after, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        await EventRuleStore.LoadAsync(db, rule, cancellation);
        var targets = Of(db, rule).AsNoTracking();
        targets = after is null ? targets : targets.Where(t => string.Compare(t.Id, after) > 0);
        return await targets.OrderBy(t => t.Id).Take(take).ToListAsync(cancellation);
    }

    /// <summary>The names of the rules of a bus that have a target of this ARN.</summary>
    /// <param name="after">The name that ended the page before, or null.</param>
    /// <exception cref="Refusal">ResourceNotFound: there is no such bus.</exception>
    public async Task<IReadOnlyList<string>> RulesAsync(string account, string bus, string arn, string? after, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        await EventBusStore.DemandAsync(db, account, bus);
        var rules = db.EventTargets.Where(t => t.AccountId == account && t.Bus == bus && t.Arn == arn).Select(t => t.Rule).Distinct();
        rules = after is null ? rules : rules.Where(name => string.Compare(name, after) > 0);
        return await rules.OrderBy(name => name).Take(take).ToListAsync(cancellation);
    }

    private static IQueryable<EventTarget> Of(GranaryContext db, RuleName rule) =>
        db.EventTargets.Where(t => t.AccountId == rule.Account && t.Bus == rule.Bus && t.Rule == rule.Name);
}
