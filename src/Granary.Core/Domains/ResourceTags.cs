using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Domains;

/// <summary>Tags of domains and repositories. A repository of null means the domain itself.</summary>
public sealed class ResourceTags(GranaryDatabase database, ChangeLog log, Quotas quotas)
{
    /// <summary>All tags of the resource by key; at most 50.</summary>
    public async Task<IReadOnlyList<ResourceTag>> ListAsync(DomainSnapshot domain, RepositorySnapshot? repository, CancellationToken cancellation)
    {
        var resource = repository?.Id ?? 0;
        await using var db = database.Open();
        return await db.ResourceTags.AsNoTracking()
            .Where(t => t.DomainId == domain.Id && t.ResourceId == resource)
            .OrderBy(t => t.Key)
            .ToListAsync(cancellation);
    }

    /// <summary>Adds tags, and gives those whose key is there already their new value.</summary>
    /// <exception cref="Refusal">QuotaExceeded: the resource would have more than 50. NotFound: it was deleted meanwhile.</exception>
    public Task SetAsync(
        DomainSnapshot domain, RepositorySnapshot? repository, IReadOnlyDictionary<string, string> tags, Actor actor, CancellationToken cancellation) =>
        WriteAsync(
            domain,
            repository,
            actor,
            async (db, resource) =>
            {
                var existing = await db.ResourceTags
                    .Where(t => t.DomainId == domain.Id && t.ResourceId == resource)
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

                var id = repository is null ? (ResourceType.Domain, domain.Name) : (ResourceType.Repository, repository.Name);
                Add(db, quotas, domain.Id, resource, id, added, existing.Count);
            },
            cancellation);

    /// <summary>Removes the tags of these keys; a key that is not there is passed over.</summary>
    /// <exception cref="Refusal">NotFound: the resource was deleted meanwhile.</exception>
    public Task RemoveAsync(
        DomainSnapshot domain, RepositorySnapshot? repository, IReadOnlyCollection<string> keys, Actor actor, CancellationToken cancellation) =>
        WriteAsync(
            domain,
            repository,
            actor,
            (db, resource) => db.ResourceTags
                .Where(t => t.DomainId == domain.Id && t.ResourceId == resource && keys.Contains(t.Key))
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
                resource.Type, resource.Id, $"A resource has at most {quotas.TagsPerResource} tags. Remove some with untag-resource first.");
        }

        foreach (var (key, value) in tags)
        {
            db.ResourceTags.Add(new ResourceTag { DomainId = domainId, ResourceId = resourceId, Key = key, Value = value });
        }
    }

    private Task<bool> WriteAsync(
        DomainSnapshot domain, RepositorySnapshot? repository, Actor actor, Func<GranaryContext, long, Task> work, CancellationToken cancellation) =>
        log.WriteAsync(
            domain.Id,
            actor,
            async transaction =>
            {
                var row = repository is null ? null : await RepositoryStore.LoadAsync(transaction, repository);
                transaction.RecordConfiguration(row is null ? ChangeKind.DomainUpdated : ChangeKind.RepositoryUpdated, row);
                await work(transaction.Db, row?.Id ?? 0);
                return true;
            },
            cancellation);
}
