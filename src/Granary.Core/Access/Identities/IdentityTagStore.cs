using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>What can carry tags.</summary>
/// <param name="ResourceId">As in <see cref="IdentityTag.ResourceId"/>.</param>
/// <param name="Name">How a refusal names it.</param>
public sealed record TagSubject(string AccountId, string ResourceId, string Name)
{
    public static TagSubject Of(Identity identity) => new(identity.AccountId, identity.Id, $"The {IdentityRefusals.Word(identity.Kind)} with name {identity.Name}");

    public static TagSubject Of(ManagedPolicy policy) => new(policy.AccountId, policy.Id, $"Policy {policy.Arn}");

    // A URL begins like no id.
    public static TagSubject Of(IdentityProvider provider) => new(provider.AccountId, provider.Issuer, $"OpenIDConnect Provider {provider.Arn}");
}

/// <summary>Tags of users, roles, managed policies and identity providers. Unlike CodeArtifact's, their keys differ by more than case.</summary>
public sealed class IdentityTagStore(GranaryDatabase database, ChangeLog log, Quotas quotas)
{
    /// <summary>All tags by key.</summary>
    public Task<IReadOnlyList<IdentityTag>> ListAsync(TagSubject subject, CancellationToken cancellation) =>
        ListAsync(subject, null, int.MaxValue, cancellation);

    /// <param name="after">The key that ended the page before, or null.</param>
    public async Task<IReadOnlyList<IdentityTag>> ListAsync(TagSubject subject, string? after, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var tags = Of(db, subject).AsNoTracking();
        tags = after is null ? tags : tags.Where(t => string.Compare(t.Key, after) > 0);
        return await tags.OrderBy(t => t.Key).Take(take).ToListAsync(cancellation);
    }

    /// <summary>Adds tags; one whose key is there already, in whatever case, is replaced.</summary>
    /// <exception cref="Refusal">LimitExceeded: there would be more than 50. NoSuchEntity.</exception>
    public Task SetAsync(TagSubject subject, IReadOnlyDictionary<string, string> tags, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            subject.AccountId,
            actor,
            async db =>
            {
                await DemandAsync(db, subject);
                var existing = await Of(db, subject).ToDictionaryAsync(t => t.Key, StringComparer.OrdinalIgnoreCase);
                var added = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (var (key, value) in tags)
                {
                    if (!existing.Remove(key, out var tag))
                    {
                        added.Add(key, value);
                    }
                    else if (tag.Key == key)
                    {
                        tag.Value = value;
                    }
                    else
                    {
                        db.IdentityTags.Remove(tag);
                        added.Add(key, value);
                    }
                }

                // What was found and replaced is counted with the others that stay.
                Add(db, quotas, subject.AccountId, subject.ResourceId, added, existing.Count + tags.Count - added.Count);
                return true;
            },
            cancellation);

    /// <summary>Removes the tags of these keys; a key that is not there is passed over.</summary>
    /// <exception cref="Refusal">NoSuchEntity.</exception>
    public Task RemoveAsync(TagSubject subject, IReadOnlyCollection<string> keys, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            subject.AccountId,
            actor,
            async db =>
            {
                await DemandAsync(db, subject);
                var tags = await Of(db, subject).ToListAsync();
                db.IdentityTags.RemoveRange(tags.Where(t => keys.Contains(t.Key, StringComparer.OrdinalIgnoreCase)));
                return true;
            },
            cancellation);

    /// <summary>The rows of tags that are new to a resource, inside the transaction of the caller.</summary>
    internal static void Add(GranaryContext db, Quotas quotas, string account, string resource, IReadOnlyDictionary<string, string> tags, int existing = 0)
    {
        if (existing + tags.Count > quotas.TagsPerResource)
        {
            throw IdentityRefusals.LimitExceeded("TagsPerResource", quotas.TagsPerResource);
        }

        foreach (var (key, value) in tags)
        {
            db.IdentityTags.Add(new IdentityTag { AccountId = account, ResourceId = resource, Key = key, Value = value });
        }
    }

    private static IQueryable<IdentityTag> Of(GranaryContext db, TagSubject subject) =>
        db.IdentityTags.Where(t => t.AccountId == subject.AccountId && t.ResourceId == subject.ResourceId);

    // A provider that is made anew has its old id, the URL: tags must not wait for it.
    private static async Task DemandAsync(GranaryContext db, TagSubject subject)
    {
        var (account, id) = (subject.AccountId, subject.ResourceId);
        if (!await db.Identities.AnyAsync(i => i.AccountId == account && i.Id == id)
            && !await db.ManagedPolicies.AnyAsync(p => p.AccountId == account && p.Id == id)
            && !await db.IdentityProviders.AnyAsync(p => p.AccountId == account && p.Issuer == id))
        {
            throw IdentityRefusals.NoSuchEntity($"{subject.Name} cannot be found.");
        }
    }
}
