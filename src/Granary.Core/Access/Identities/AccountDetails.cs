using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>A user, group or role with everything that is its own.</summary>
public sealed record IdentityDetails(
    Identity Identity,
    IReadOnlyList<InlinePolicy> Inline,
    IReadOnlyList<string> Attached,
    IReadOnlyList<string> Groups,
    IReadOnlyList<KeyValuePair<string, string>> Tags);

/// <summary>Reads an account as a whole, for its audits.</summary>
public sealed class AccountDetails(GranaryDatabase database)
{
    /// <summary>The details of those of a page, in its order.</summary>
    public async Task<IReadOnlyList<IdentityDetails>> OfAsync(string account, IReadOnlyList<Identity> identities, CancellationToken cancellation)
    {
        var ids = identities.Select(i => i.Id).ToList();
        await using var db = database.Open();
        var inline = await db.InlinePolicies.AsNoTracking()
            .Where(p => p.AccountId == account && ids.Contains(p.IdentityId)).OrderBy(p => p.Name).ToListAsync(cancellation);
        var attached = await db.PolicyAttachments.AsNoTracking()
            .Where(a => a.AccountId == account && ids.Contains(a.IdentityId)).OrderBy(a => a.PolicyArn).ToListAsync(cancellation);
        var tags = await db.IdentityTags.AsNoTracking()
            .Where(t => t.AccountId == account && ids.Contains(t.ResourceId)).OrderBy(t => t.Key).ToListAsync(cancellation);
        var groups = await (
            from member in db.GroupMembers
            join identity in db.Identities on new { member.AccountId, Id = member.GroupId } equals new { identity.AccountId, identity.Id }
            where member.AccountId == account && ids.Contains(member.UserId)
            orderby identity.NameKey
            select new { member.UserId, identity.Name }).ToListAsync(cancellation);
        return
        [
            .. identities.Select(i => new IdentityDetails(
                i,
                [.. inline.Where(p => p.IdentityId == i.Id)],
                [.. attached.Where(a => a.IdentityId == i.Id).Select(a => a.PolicyArn)],
                [.. groups.Where(g => g.UserId == i.Id).Select(g => g.Name)],
                [.. tags.Where(t => t.ResourceId == i.Id).Select(t => KeyValuePair.Create(t.Key, t.Value))])),
        ];
    }

    /// <summary>How many there are of what, by the names of IAM's summary.</summary>
    public async Task<IReadOnlyDictionary<string, int>> CountAsync(string account, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var kinds = await db.Identities.Where(i => i.AccountId == account)
            .GroupBy(i => i.Kind)
            .Select(g => new { g.Key, Count = g.Count() })
            .ToDictionaryAsync(g => g.Key, g => g.Count, cancellation);
        return new Dictionary<string, int>
        {
            ["Users"] = kinds.GetValueOrDefault(IdentityKind.User),
            ["Groups"] = kinds.GetValueOrDefault(IdentityKind.Group),
            ["Roles"] = kinds.GetValueOrDefault(IdentityKind.Role),
            ["Policies"] = await db.ManagedPolicies.CountAsync(p => p.AccountId == account, cancellation),
            ["PolicyVersionsInUse"] = await db.ManagedPolicyVersions.CountAsync(v => v.AccountId == account, cancellation),
            ["Providers"] = await db.IdentityProviders.CountAsync(p => p.AccountId == account, cancellation),
        };
    }
}
