using Granary.Core.Access.Policies;
using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>Policies that belong to one user, group or role.</summary>
public sealed class InlinePolicyStore(GranaryDatabase database, ChangeLog log, Quotas quotas)
{
    /// <summary>Makes the policy, or replaces it.</summary>
    /// <exception cref="Refusal">MalformedPolicyDocument; LimitExceeded: all of them together are too long. NoSuchEntity.</exception>
    public Task PutAsync(Identity identity, string name, string document, Actor actor, CancellationToken cancellation)
    {
        IdentityRefusals.Parse(document, PolicyKind.Identity);
        return log.WriteAccountAsync(
            identity.AccountId,
            actor,
            async db =>
            {
                await IdentityRows.LoadAsync(db, identity);
                var policies = await Of(db, identity).ToListAsync();
                var found = policies.Find(p => p.Name == name);
                if (found is null)
                {
                    found = db.InlinePolicies.Add(new InlinePolicy { AccountId = identity.AccountId, IdentityId = identity.Id, Name = name, Document = document }).Entity;
                    policies.Add(found);
                }

                found.Document = document;
                DemandSize(identity, policies);
                return true;
            },
            cancellation);
    }

    /// <summary>The policy, or null where there is none of that name.</summary>
    public async Task<InlinePolicy?> FindAsync(Identity identity, string name, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await Of(db, identity).AsNoTracking().SingleOrDefaultAsync(p => p.Name == name, cancellation);
    }

    /// <exception cref="Refusal">NoSuchEntity.</exception>
    public Task DeleteAsync(Identity identity, string name, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            identity.AccountId,
            actor,
            async db => await Of(db, identity).Where(p => p.Name == name).ExecuteDeleteAsync() == 1 ? true : throw NoSuch(identity, name),
            cancellation);

    /// <summary>A page by name.</summary>
    public async Task<IReadOnlyList<InlinePolicy>> ListAsync(Identity identity, string? after, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var rows = Of(db, identity).AsNoTracking();
        rows = after is null ? rows : rows.Where(p => string.Compare(p.Name, after) > 0);
        return await rows.OrderBy(p => p.Name).Take(take).ToListAsync(cancellation);
    }

    public static Refusal NoSuch(Identity identity, string name) =>
        IdentityRefusals.NoSuchEntity($"The {IdentityRefusals.Word(identity.Kind)} policy with name {name} cannot be found.");

    private void DemandSize(Identity identity, IEnumerable<InlinePolicy> policies)
    {
        var most = identity.Kind switch
        {
            IdentityKind.User => quotas.UserPolicySize,
            IdentityKind.Group => quotas.GroupPolicySize,
            _ => quotas.RolePolicySize,
        };
        if (policies.Sum(p => IdentityRefusals.Size(p.Document)) > most)
        {
            throw Refusal.Named(
                RefusalKind.QuotaExceeded,
                "LimitExceeded",
                $"Maximum policy size of {most} bytes exceeded for {IdentityRefusals.Word(identity.Kind)} {identity.Name}");
        }
    }

    private static IQueryable<InlinePolicy> Of(GranaryContext db, Identity identity) =>
        db.InlinePolicies.Where(p => p.AccountId == identity.AccountId && p.IdentityId == identity.Id);
}
