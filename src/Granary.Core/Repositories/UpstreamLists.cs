using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Repositories;

/// <summary>The ordered direct upstreams of a repository, as rows.</summary>
internal static class UpstreamLists
{
    public static async Task<IReadOnlyList<string>> NamesAsync(GranaryContext db, Repository repository) =>
        await db.RepositoryUpstreams
            .Where(u => u.DomainId == repository.DomainId && u.RepositoryId == repository.Id)
            .OrderBy(u => u.Position)
            .Join(db.Repositories.Where(r => r.DomainId == repository.DomainId), u => u.UpstreamId, r => r.Id, (u, r) => new { u.Position, r.Name })
            .OrderBy(u => u.Position)
            .Select(u => u.Name)
            .ToListAsync();

    /// <summary>Makes these the repository's upstreams. The caller records the change.</summary>
    public static async Task ReplaceAsync(ChangeTransaction transaction, Quotas quotas, Repository repository, IReadOnlyList<string> names)
    {
        var db = transaction.Db;
        var ids = await ResolveAsync(db, quotas, repository, names);
        await DemandNoCycleAsync(db, repository, ids);
        await db.RepositoryUpstreams.Where(u => u.DomainId == repository.DomainId && u.RepositoryId == repository.Id).ExecuteDeleteAsync();
        for (var position = 0; position < ids.Count; position++)
        {
            db.RepositoryUpstreams.Add(new RepositoryUpstream
            {
                DomainId = repository.DomainId,
                RepositoryId = repository.Id,
                Position = position,
                UpstreamId = ids[position],
            });
        }
    }

    private static async Task<IReadOnlyList<long>> ResolveAsync(GranaryContext db, Quotas quotas, Repository repository, IReadOnlyList<string> names)
    {
        if (names.Count > quotas.UpstreamsPerRepository)
        {
            throw Refusal.QuotaExceeded(
                ResourceType.Repository,
                repository.Name,
                $"A repository has at most {quotas.UpstreamsPerRepository} direct upstreams. Chain repositories to reach more, or raise {Quotas.Key(nameof(Quotas.UpstreamsPerRepository))}.");
        }

        if (names.Contains(repository.Name))
        {
            throw Refusal.Validation($"Repository '{repository.Name}' cannot be its own upstream.", "OTHER");
        }

        if (names.Distinct(StringComparer.Ordinal).Count() < names.Count)
        {
            throw Refusal.Validation("The list of upstreams names a repository twice.", "OTHER");
        }

        var found = await db.Repositories
            .Where(r => r.DomainId == repository.DomainId && names.Contains(r.Name))
            .ToDictionaryAsync(r => r.Name, r => r.Id, StringComparer.Ordinal);
        return
        [
            .. names.Select(name => found.TryGetValue(name, out var id)
                ? id
                : throw Refusal.NotFound(ResourceType.Repository, name, $"The upstream repository '{name}' does not exist in the domain.")),
        ];
    }

    private static async Task DemandNoCycleAsync(GranaryContext db, Repository repository, IReadOnlyList<long> upstreams)
    {
        if (upstreams.Count == 0)
        {
            return;
        }

        // All of the domain's at once: at most 1000 repositories with 10 each, and nobody changes them while the domain is held.
        var rows = await db.RepositoryUpstreams.AsNoTracking().Where(u => u.DomainId == repository.DomainId).ToListAsync();
        var above = rows.ToLookup(u => u.RepositoryId, u => u.UpstreamId);
        var seen = new HashSet<long>();
        var open = new Stack<long>(upstreams);
        while (open.TryPop(out var id))
        {
            if (id == repository.Id)
            {
                throw Refusal.Validation(
                    $"The upstreams of repository '{repository.Name}' would form a cycle: one of them reaches '{repository.Name}' again.", "OTHER");
            }

            if (seen.Add(id))
            {
                foreach (var next in above[id])
                {
                    open.Push(next);
                }
            }
        }
    }
}
