using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Buses;

/// <summary>The tags of rules and buses.</summary>
public sealed class EventTagStore(GranaryDatabase database, ChangeLog log, Quotas quotas)
{
    /// <summary>All tags of a resource by key.</summary>
    /// <param name="resource">As in <see cref="EventTag.Resource"/>; whether it is there is not asked.</param>
    public async Task<IReadOnlyList<EventTag>> ListAsync(string account, string resource, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.EventTags.AsNoTracking().Where(t => t.AccountId == account && t.Resource == resource).OrderBy(t => t.Key).ToListAsync(cancellation);
    }

    /// <summary>The same of a resource that must be there.</summary>
    /// <param name="exists">Asks whether the resource is there.</param>
    /// <exception cref="Refusal">What <paramref name="exists"/> throws.</exception>
    public async Task<IReadOnlyList<EventTag>> ListAsync(string account, string resource, Func<GranaryContext, Task> exists, CancellationToken cancellation)
    {
        await using (var db = database.Open())
        {
            await exists(db);
        }

        return await ListAsync(account, resource, cancellation);
    }

    /// <summary>Asks whether there is a rule or a bus of this ARN.</summary>
    /// <exception cref="Refusal">ResourceNotFound.</exception>
    public static Task DemandAsync(GranaryContext db, EventArns arns, string arn) => arns.RuleOf(arn) is var (account, bus, rule)
        ? EventRuleStore.LoadAsync(db, new RuleName(account, bus, rule))
        : arns.BusOf(arn) is var (owner, name) ? EventBusStore.DemandAsync(db, owner, name) : throw new ArgumentException("Neither a rule nor a bus.", nameof(arn));

    /// <summary>Adds tags; one whose key is there already gets the new value.</summary>
    /// <param name="exists">Asks within the transaction whether the resource is there.</param>
    /// <exception cref="Refusal">LimitExceeded: there would be more than 50. What <paramref name="exists"/> throws.</exception>
    public Task SetAsync(
        string account, string resource, Func<GranaryContext, Task> exists, IReadOnlyDictionary<string, string> tags, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                await exists(db);
                await AddAsync(db, quotas, account, resource, tags);
                return true;
            },
            cancellation);

    /// <summary>Removes the tags of these keys; a key that is not there is passed over.</summary>
    /// <param name="exists">Asks within the transaction whether the resource is there.</param>
    /// <exception cref="Refusal">What <paramref name="exists"/> throws.</exception>
    public Task RemoveAsync(
        string account, string resource, Func<GranaryContext, Task> exists, IReadOnlyCollection<string> keys, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                await exists(db);
                return await db.EventTags.Where(t => t.AccountId == account && t.Resource == resource && keys.Contains(t.Key)).ExecuteDeleteAsync();
            },
            cancellation);

    internal static async Task AddAsync(GranaryContext db, Quotas quotas, string account, string resource, IReadOnlyDictionary<string, string> tags)
    {
        if (tags.Count == 0)
        {
            return;
        }

        var known = await db.EventTags.Where(t => t.AccountId == account && t.Resource == resource).ToDictionaryAsync(t => t.Key, StringComparer.Ordinal);
        foreach (var (key, value) in tags)
        {
            if (known.TryGetValue(key, out var tag))
            {
                tag.Value = value;
                continue;
            }

            known.Add(key, db.EventTags.Add(new EventTag { AccountId = account, Resource = resource, Key = key, Value = value }).Entity);
        }

        if (known.Count > quotas.TagsPerResource)
        {
            throw EventRefusals.LimitExceeded(nameof(Quotas.TagsPerResource), quotas.TagsPerResource);
        }
    }

    internal static Task ClearAsync(GranaryContext db, string account, string resource) =>
        db.EventTags.Where(t => t.AccountId == account && t.Resource == resource).ExecuteDeleteAsync();
}
