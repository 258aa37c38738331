using Granary.Core.Access.Policies;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>A role as somebody meets it who wants to assume it.</summary>
/// <param name="MaxSessionSeconds">The longest session, 3600 to 43200.</param>
public sealed record AssumableRole(
    string AccountId, string Id, string Name, string Arn, PolicyDocument Trust, int MaxSessionSeconds, IReadOnlyDictionary<string, string> Tags);

/// <summary>What is looked up when a role is assumed. It is rare, so it is read from the database each time.</summary>
public sealed class AssumableRoles(GranaryDatabase database)
{
    /// <summary>The role of an ARN, path and case included; null where there is none.</summary>
    public async Task<AssumableRole?> FindAsync(string arn, CancellationToken cancellation)
    {
        var account = IamArns.RolesAccount(arn);
        if (account is null)
        {
            return null;
        }

        var key = arn[(arn.LastIndexOf('/') + 1)..].ToLowerInvariant();
        await using var db = database.Open();
        var role = await db.Identities.AsNoTracking()
            .SingleOrDefaultAsync(i => i.AccountId == account && i.Kind == IdentityKind.Role && i.NameKey == key, cancellation);
        if (role?.TrustPolicy is null || IamArns.Of(role) != arn)
        {
            return null;
        }

        var tags = await db.IdentityTags.Where(t => t.AccountId == account && t.ResourceId == role.Id).ToDictionaryAsync(t => t.Key, t => t.Value, cancellation);
        return new AssumableRole(account, role.Id, role.Name, arn, PolicyDocument.Parse(role.TrustPolicy, PolicyKind.Trust).Meaning(PrincipalIds.Read(role.TrustPrincipalIds ?? "")), role.MaxSessionSeconds, tags);
    }

    /// <summary>The account's provider of that issuer, to the letter; null where there is none.</summary>
    public async Task<IdentityProvider?> FindProviderAsync(string account, string issuer, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.IdentityProviders.AsNoTracking().FirstOrDefaultAsync(p => p.AccountId == account && p.Issuer == issuer, cancellation);
    }

    /// <summary>The documents of managed policies that a session is narrowed to, in the order asked for; null where one of them does not exist.</summary>
    public async Task<IReadOnlyList<PolicyDocument>?> FindPoliciesAsync(string account, IReadOnlyList<string> arns)
    {
        await using var db = database.Open();
        var found = await ManagedPolicies.DefaultsAsync(db, account, arns);
        return arns.All(found.ContainsKey) ? [.. arns.Select(arn => found[arn])] : null;
    }
}
