namespace Granary.Core.Access.Policies;

/// <summary>One statement of a policy.</summary>
/// <param name="Allows">Effect: Allow or Deny.</param>
/// <param name="Principals">Null in policies that are attached to who asks.</param>
/// <param name="Resources">Null where the policy's own resource is meant.</param>
internal sealed record PolicyStatement(
    bool Allows, PolicyPrincipals? Principals, PatternList Actions, PatternList? Resources, IReadOnlyList<PolicyCondition> Conditions)
{
    /// <summary>Whether action, resource and conditions fit; who asks is <see cref="Grant"/>.</summary>
    public bool AppliesTo(AccessRequest request) =>
        Actions.Matches(pattern => pattern.Matches(request.Action, request, ignoreCase: true))
        && (Resources is null || Resources.Matches(pattern => FitsResource(pattern, request)))
        && Conditions.All(condition => condition.Holds(request));

    /// <param name="ids">What the ARNs in the policy meant when it was put.</param>
    public PrincipalMatch Grant(Principal principal, IReadOnlyDictionary<string, string> ids) =>
        Principals is null ? PrincipalMatch.Exact : Principals.Match(principal, ids);

    // An action without a resource is decided on "*", which only a lone star names.
    private static bool FitsResource(PolicyPattern pattern, AccessRequest request) =>
        request.Resource == "*" ? pattern.IsEverything : pattern.MatchesArn(request.Resource, request);
}

/// <summary>Action or NotAction, Resource or NotResource.</summary>
/// <param name="Not">Whether the element names what is left out.</param>
internal sealed record PatternList(bool Not, IReadOnlyList<PolicyPattern> Patterns)
{
    public bool Matches(Func<PolicyPattern, bool> fits) => Patterns.Any(fits) != Not;
}
