using Granary.Core.Access.Policies;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>What decides about a user, group or role, with where each policy comes from, for simulations.</summary>
public sealed class SimulatedPolicies(GranaryDatabase database)
{
    /// <summary>Inline and attached policies, a user's groups' too, and the boundary or null.</summary>
    public async Task<(IReadOnlyList<SimulatedPolicy> Policies, SimulatedPolicy? Boundary)> OfAsync(Identity identity, CancellationToken cancellation)
    {
        var account = identity.AccountId;
        await using var db = database.Open();
        var groups = await db.GroupMembers.Where(m => m.AccountId == account && m.UserId == identity.Id).Select(m => m.GroupId).ToListAsync(cancellation);
        string[] owners = [identity.Id, .. groups];
        var names = await db.Identities.Where(i => i.AccountId == account && owners.Contains(i.Id))
            .ToDictionaryAsync(i => i.Id, i => (Kind: IdentityRefusals.Word(i.Kind), i.Name), cancellation);
        var inline = await db.InlinePolicies.AsNoTracking().Where(p => p.AccountId == account && owners.Contains(p.IdentityId)).ToListAsync(cancellation);
        var attached = await db.PolicyAttachments.Where(a => a.AccountId == account && owners.Contains(a.IdentityId))
            .Select(a => a.PolicyArn).Distinct().OrderBy(a => a).ToListAsync(cancellation);
        var managed = await ManagedPolicies.DefaultsAsync(db, account, identity.BoundaryArn is { } bound ? [.. attached, bound] : attached);
        return (
            [
                .. inline.Where(p => names.ContainsKey(p.IdentityId)).Select(p => new SimulatedPolicy(
                    $"{names[p.IdentityId].Kind}_{names[p.IdentityId].Name}_{p.Name}", names[p.IdentityId].Kind, PolicyDocument.Parse(p.Document, PolicyKind.Identity))),
                .. attached.Where(managed.ContainsKey).Select(arn => Managed(arn, managed[arn])),
            ],
            identity.BoundaryArn is { } arn ? Managed(arn, managed.GetValueOrDefault(arn) ?? AwsPolicies.Nothing) : null);
    }

    private static SimulatedPolicy Managed(string arn, PolicyDocument document) =>
        new(arn[(arn.LastIndexOf('/') + 1)..], AwsPolicies.All.ContainsKey(arn) ? "aws-managed" : "user-managed", document);
}
