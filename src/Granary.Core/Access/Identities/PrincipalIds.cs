using System.Collections.Frozen;
using Granary.Core.Access.Policies;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>
/// Who the principals of a policy are at the moment when it is put. As in IAM, a grant is to whoever has the name then, and not
/// to a later bearer of it. Principals that do not exist yet stay names.
/// </summary>
public static class PrincipalIds
{
    /// <summary>A line for each user, role and session that exists: its ARN, a blank and its unique id.</summary>
    public static async Task<string> ResolveAsync(GranaryContext db, PolicyDocument policy)
    {
        var lines = new List<string>();
        foreach (var arn in policy.PrincipalArns)
        {
            // arn:aws:iam::account:user/path/name, and for sessions arn:aws:sts::account:assumed-role/role/session
            var parts = arn.Split(':');
            var (account, path) = (parts[4], parts[5].Split('/'));
            var kind = path[0] == "user" ? IdentityKind.User : IdentityKind.Role;
            var name = (path[0] == "assumed-role" ? path[1] : path[^1]).ToLowerInvariant();
            var found = await db.Identities.AsNoTracking().SingleOrDefaultAsync(i => i.AccountId == account && i.Kind == kind && i.NameKey == name);
            if (found is not null && (path[0] == "assumed-role" ? found.Name == path[1] : IamArns.Of(found) == arn))
            {
                lines.Add($"{arn} {found.Id}");
            }
        }

        return string.Join('\n', lines);
    }

    public static IReadOnlyDictionary<string, string> Read(string lines) => lines
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' '))
        .ToFrozenDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
}
