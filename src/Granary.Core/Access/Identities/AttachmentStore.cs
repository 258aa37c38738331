using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>How a managed policy is used.</summary>
[Flags]
public enum PolicyUses
{
    Permissions = 1,
    Boundary = 2,
    Any = Permissions | Boundary,
}

/// <summary>Which managed policies are attached to whom. Their number is not limited.</summary>
public sealed class AttachmentStore(GranaryDatabase database, ChangeLog log, TimeProvider clock)
{
    /// <summary>Attaching what is attached changes nothing.</summary>
    /// <exception cref="Refusal">NoSuchEntity: the policy, or the identity.</exception>
    public Task AttachAsync(Identity identity, string policyArn, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            identity.AccountId,
            actor,
            async db =>
            {
                await IdentityRows.LoadAsync(db, identity);
                await IdentityRows.DemandPolicyAsync(db, identity.AccountId, policyArn);
                if (!await Of(db, identity).AnyAsync(a => a.PolicyArn == policyArn))
                {
                    db.PolicyAttachments.Add(new PolicyAttachment
                    {
                        AccountId = identity.AccountId,
                        IdentityId = identity.Id,
                        PolicyArn = policyArn,
                        AttachedAt = clock.GetUtcNow(),
                    });
                }

                return true;
            },
            cancellation);

    /// <exception cref="Refusal">NoSuchEntity: it is not attached.</exception>
    public Task DetachAsync(Identity identity, string policyArn, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            identity.AccountId,
            actor,
            async db => await Of(db, identity).Where(a => a.PolicyArn == policyArn).ExecuteDeleteAsync() == 1
                ? true
                : throw IdentityRefusals.NoSuchEntity($"Policy {policyArn} was not found."),
            cancellation);

    /// <summary>A page of what is attached, by ARN.</summary>
    /// <param name="pathPrefix">Only policies whose path begins so.</param>
    public async Task<IReadOnlyList<string>> ListAsync(Identity identity, string pathPrefix, string? after, int take, CancellationToken cancellation)
    {
        var (own, aws) = ($"arn:aws:iam::{identity.AccountId}:policy{pathPrefix}", $"arn:aws:iam::aws:policy{pathPrefix}");
        await using var db = database.Open();
        // Not StartsWith: that becomes LIKE, which ignores the case of letters on SQLite.
        var arns = Of(db, identity).Select(a => a.PolicyArn).Where(a => a.Substring(0, own.Length) == own || a.Substring(0, aws.Length) == aws);
        arns = after is null ? arns : arns.Where(a => string.Compare(a, after) > 0);
        return await arns.OrderBy(a => a).Take(take).ToListAsync(cancellation);
    }

    /// <summary>A page of those who use the policy, by id.</summary>
    /// <param name="kind">Only these, or null.</param>
    /// <param name="pathPrefix">Only those whose path begins so.</param>
    public async Task<IReadOnlyList<Identity>> EntitiesAsync(
        string account, string policyArn, IdentityKind? kind, string pathPrefix, PolicyUses uses, string? after, int take, CancellationToken cancellation)
    {
        var (attached, bound) = (uses.HasFlag(PolicyUses.Permissions), uses.HasFlag(PolicyUses.Boundary));
        await using var db = database.Open();
        var holders = db.PolicyAttachments.Where(a => a.AccountId == account && a.PolicyArn == policyArn).Select(a => a.IdentityId);
        var rows = db.Identities.AsNoTracking().Where(i => i.AccountId == account
            && i.Path.Substring(0, pathPrefix.Length) == pathPrefix
            && ((attached && holders.Contains(i.Id)) || (bound && i.BoundaryArn == policyArn)));
        rows = kind is { } one ? rows.Where(i => i.Kind == one) : rows;
        rows = after is null ? rows : rows.Where(i => string.Compare(i.Id, after) > 0);
        return await rows.OrderBy(i => i.Id).Take(take).ToListAsync(cancellation);
    }

    private static IQueryable<PolicyAttachment> Of(GranaryContext db, Identity identity) =>
        db.PolicyAttachments.Where(a => a.AccountId == identity.AccountId && a.IdentityId == identity.Id);
}
