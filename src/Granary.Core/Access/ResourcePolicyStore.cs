using System.Security.Cryptography;
using System.Text;
using Granary.Core.Access.Identities;
using Granary.Core.Access.Policies;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access;

/// <summary>Puts, reads and removes the permissions policies of domains and repositories. A repository of null means the domain itself.</summary>
public sealed class ResourcePolicyStore(GranaryDatabase database, ChangeLog log)
{
    /// <summary>The policy, or null where there is none.</summary>
    public async Task<ResourcePolicy?> FindAsync(DomainSnapshot domain, RepositorySnapshot? repository, CancellationToken cancellation)
    {
        var resource = repository?.Id ?? 0;
        await using var db = database.Open();
        return await db.ResourcePolicies.AsNoTracking().SingleOrDefaultAsync(p => p.DomainId == domain.Id && p.ResourceId == resource, cancellation);
    }

    /// <summary>Replaces the whole policy; it counts for every request that begins after this returns.</summary>
    /// <param name="revision">The revision that is to be replaced; null for whichever.</param>
    /// <exception cref="Refusal">Validation: it is no policy. Conflict: the revision is another. NotFound: the resource was deleted meanwhile.</exception>
    public Task<ResourcePolicy> PutAsync(
        DomainSnapshot domain, RepositorySnapshot? repository, string document, string? revision, Actor actor, CancellationToken cancellation)
    {
        var policy = PolicyDocument.Parse(document, PolicyKind.Resource);
        return WriteAsync(domain, repository, revision, actor, async (db, found, resource) =>
        {
            found ??= db.ResourcePolicies.Add(
                new ResourcePolicy { DomainId = domain.Id, ResourceId = resource, Document = "", PrincipalIds = "", Revision = "" }).Entity;
            found.Document = document;
            found.PrincipalIds = await PrincipalIds.ResolveAsync(db, policy);
            found.Revision = NewRevision(document);
            return found;
        }, cancellation);
    }

    /// <summary>Removes the policy and answers what it was; null where there was none.</summary>
    /// <exception cref="Refusal">Conflict: the revision is another. NotFound: the resource was deleted meanwhile.</exception>
    public Task<ResourcePolicy?> DeleteAsync(
        DomainSnapshot domain, RepositorySnapshot? repository, string? revision, Actor actor, CancellationToken cancellation) =>
        WriteAsync(domain, repository, revision, actor, (db, found, _) =>
        {
            if (found is not null)
            {
                db.ResourcePolicies.Remove(found);
            }

            return Task.FromResult(found);
        }, cancellation);

    private Task<T> WriteAsync<T>(
        DomainSnapshot domain, RepositorySnapshot? repository, string? revision, Actor actor,
        Func<GranaryContext, ResourcePolicy?, long, Task<T>> change, CancellationToken cancellation) =>
        log.WriteAsync(
            domain.Id,
            actor,
            async transaction =>
            {
                var row = repository is null ? null : await RepositoryStore.LoadAsync(transaction, repository);
                var resource = row?.Id ?? 0;
                var found = await transaction.Db.ResourcePolicies.SingleOrDefaultAsync(p => p.DomainId == domain.Id && p.ResourceId == resource);
                if (revision is not null && revision != found?.Revision)
                {
                    var (type, name) = repository is null ? (ResourceType.Domain, domain.Name) : (ResourceType.Repository, repository.Name);
                    throw Refusal.Conflict(type, name, found is null
                        ? $"The {type} '{name}' has no policy, and so none of the revision given. Leave the revision out."
                        : $"The policy of the {type} '{name}' is not of the revision given: somebody has changed it. Read it again.");
                }

                var changed = await change(transaction.Db, found, resource);
                if (changed is not null)
                {
                    transaction.RecordConfiguration(row is null ? ChangeKind.DomainUpdated : ChangeKind.RepositoryUpdated, row);
                }

                return changed;
            },
            cancellation);

    // As opaque as the real one: another value for each put, of the same document too.
    private static string NewRevision(string document) =>
        Convert.ToBase64String(SHA256.HashData([.. RandomNumberGenerator.GetBytes(16), .. Encoding.UTF8.GetBytes(document)]));
}
