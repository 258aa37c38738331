using Granary.Core.Access.Policies;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>Looks managed policies up by their ARNs.</summary>
public static class ManagedPolicies
{
    /// <summary>The documents that count, for those of the ARNs that exist and that the account may use: its own, and AWS's.</summary>
    public static async Task<Dictionary<string, PolicyDocument>> DefaultsAsync(GranaryContext db, string account, IReadOnlyCollection<string> arns)
    {
        var found = arns.Distinct(StringComparer.Ordinal)
            .Where(AwsPolicies.All.ContainsKey)
            .ToDictionary(arn => arn, arn => AwsPolicies.All[arn].Document, StringComparer.Ordinal);
        var own = $"arn:aws:iam::{account}:policy/";
        var keys = arns.Where(arn => arn.StartsWith(own, StringComparison.Ordinal))
            .Select(arn => arn[(arn.LastIndexOf('/') + 1)..].ToLowerInvariant())
            .Distinct()
            .ToList();
        if (keys.Count == 0)
        {
            return found;
        }

        var rows = await (
            from policy in db.ManagedPolicies
            join version in db.ManagedPolicyVersions
                on new { policy.AccountId, PolicyId = policy.Id, Number = policy.DefaultVersion }
                equals new { version.AccountId, version.PolicyId, version.Number }
            where policy.AccountId == account && keys.Contains(policy.NameKey)
            select new { Policy = policy, version.Document }).AsNoTracking().ToListAsync();
        foreach (var row in rows.Where(row => arns.Contains(row.Policy.Arn)))
        {
            found[row.Policy.Arn] = PolicyDocument.Parse(row.Document, PolicyKind.Identity);
        }

        return found;
    }
}
