using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Core.Groups;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Domains;

/// <summary>What has tags of its own: a repository or a package group of a domain, or the domain itself where neither is said.</summary>
public readonly record struct TaggedResource(RepositorySnapshot? Repository = null, PackageGroup? Group = null)
{
    internal long Id => Repository?.Id ?? Group?.Id ?? 0;
}

/// <summary>Tags of domains, repositories and package groups.</summary>
public sealed class ResourceTags(GranaryDatabase database, ChangeLog log, Quotas quotas)
{
    /// <summary>All tags of the resource by key; at most 50 unless configured.</summary>
    public async Task<IReadOnlyList<ResourceTag>> ListAsync(DomainSnapshot domain, TaggedResource resource, CancellationToken cancellation)
    {
        var id = resource.Id;
        await using var db = database.Open();
        return await db.ResourceTags.AsNoTracking()
            .Where(t => t.DomainId == domain.Id && t.ResourceId == id)
            .OrderBy(t => t.Key)
            .ToListAsync(cancellation);
    }

    /// <summary>Adds tags, and gives those whose key is there already their new value.</summary>
    /// <exception cref="Refusal">QuotaExceeded: the resource would have too many. NotFound: it was deleted meanwhile.</exception>
    public Task SetAsync(
        DomainSnapshot domain, TaggedResource resource, IReadOnlyDictionary<string, string> tags, Actor actor, CancellationToken cancellation) =>
        WriteAsync(
            domain,
            resource,
            actor,
            async (db, tagged) =>
            {
                var existing = await db.ResourceTags
                    .Where(t => t.DomainId == domain.Id && t.ResourceId == tagged)
                    .ToDictionaryAsync(t => t.Key, StringComparer.Ordinal);
                var added = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (var (key, value) in tags)
                {
                    if (existing.TryGetValue(key, out var tag))
                    {
                        tag.Value = value;
                    }
                    else
                    {
                        added.Add(key, value);
                    }
                }

                var id = resource.Repository is { } repository ? (ResourceType.Repository, repository.Name) : (ResourceType.Domain, domain.Name);
                Add(db, quotas, domain.Id, tagged, id, added, existing.Count);
            },
            cancellation);

    /// <summary>Removes the tags of these keys; a key that is not there is passed over.</summary>
    /// <exception cref="Refusal">NotFound: the resource was deleted meanwhile.</exception>
    public Task RemoveAsync(
        DomainSnapshot domain, TaggedResource resource, IReadOnlyCollection<string> keys, Actor actor, CancellationToken cancellation) =>
        WriteAsync(
            domain,
            resource,
            actor,
            (db, tagged) => db.ResourceTags
                .Where(t => t.DomainId == domain.Id && t.ResourceId == tagged && keys.Contains(t.Key))
                .ExecuteDeleteAsync(),
            cancellation);

    /// <summary>The rows of tags that are new to a resource, inside the transaction of the caller.</summary>
    internal static void Add(
        GranaryContext db, Quotas quotas, long domainId, long resourceId, (string Type, string Id) resource,
        IReadOnlyDictionary<string, string> tags, int existing = 0)
    {
        if (existing + tags.Count > quotas.TagsPerResource)
        {
            throw Refusal.QuotaExceeded(
                resource.Type, resource.Id, $"A resource has at most {quotas.TagsPerResource} tags. Remove some with untag-resource first, or raise {Quotas.Key(nameof(Quotas.TagsPerResource))}.");
        }

        foreach (var (key, value) in tags)
        {
            db.ResourceTags.Add(new ResourceTag { DomainId = domainId, ResourceId = resourceId, Key = key, Value = value });
        }
    }

    private Task<bool> WriteAsync(
        DomainSnapshot domain, TaggedResource resource, Actor actor, Func<GranaryContext, long, Task> work, CancellationToken cancellation) =>
        log.WriteAsync(
            domain.Id,
            actor,
            async transaction =>
            {
                var row = resource.Repository is { } repository ? await RepositoryStore.LoadAsync(transaction, repository) : null;
                if (resource.Group is { } group)
                {
                    await PackageGroupStore.LoadAsync(transaction, group);
                }

                var kind = row is not null ? ChangeKind.RepositoryUpdated : resource.Group is null ? ChangeKind.DomainUpdated : ChangeKind.PackageGroupUpdated;
                transaction.RecordConfiguration(kind, row);
                await work(transaction.Db, resource.Id);
                return true;
            },
            cancellation);
}
