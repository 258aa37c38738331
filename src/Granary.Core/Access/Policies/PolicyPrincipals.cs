namespace Granary.Core.Access.Policies;

/// <summary>How closely a statement names who asks; a greater value is a closer one.</summary>
internal enum PrincipalMatch
{
    None,

    /// <summary>The account: it leaves the decision to the account's own policies.</summary>
    Account,

    /// <summary>Everybody.</summary>
    Everyone,

    /// <summary>The role whose session asks.</summary>
    Role,

    /// <summary>The user or the session itself.</summary>
    Exact,
}

/// <summary>Principal or NotPrincipal.</summary>
/// <param name="Not">NotPrincipal: everybody but these.</param>
/// <param name="Everyone">Whether a star is among them.</param>
/// <param name="Accounts">Account ids; their <c>:root</c> ARNs are the same.</param>
/// <param name="Arns">ARNs of users, roles and sessions, to the letter: principals have no wildcards.</param>
/// <param name="Federated">ARNs of identity providers, in trust policies.</param>
/// <param name="Services">Names of services, such as <c>codebuild.amazonaws.com</c>.</param>
internal sealed record PolicyPrincipals(
    bool Not, bool Everyone, IReadOnlySet<string> Accounts, IReadOnlySet<string> Arns, IReadOnlySet<string> Federated, IReadOnlySet<string> Services)
{
    /// <param name="ids">The unique ids that ARNs stood for when the policy was put.</param>
    public PrincipalMatch Match(Principal principal, IReadOnlyDictionary<string, string> ids)
    {
        var match = Named(principal, ids);
        return Not ? (match == PrincipalMatch.None ? PrincipalMatch.Everyone : PrincipalMatch.None) : match;
    }

    private PrincipalMatch Named(Principal principal, IReadOnlyDictionary<string, string> ids)
    {
        if (Means(principal.Arn) || Federated.Contains(principal.Arn) || Services.Contains(principal.Arn))
        {
            return PrincipalMatch.Exact;
        }

        if (principal.RoleArn is not null && Means(principal.RoleArn))
        {
            return PrincipalMatch.Role;
        }

        return Everyone ? PrincipalMatch.Everyone
            : !Accounts.Contains(principal.AccountId) ? PrincipalMatch.None
            : principal.IsRoot ? PrincipalMatch.Exact
            : PrincipalMatch.Account;

        bool Means(string arn) => Arns.Contains(arn) && (!ids.TryGetValue(arn, out var id) || id == principal.IdentityId);
    }
}
