namespace Granary.Core.Access.Policies;

/// <summary>What a request meets with: allowed, or why not.</summary>
public enum Decision
{
    /// <summary>Nothing allows it.</summary>
    NotAllowed,

    /// <summary>A statement denies it, which nothing outweighs.</summary>
    Denied,

    Allowed,
}

/// <summary>What an account is to a resource.</summary>
public enum Standing
{
    /// <summary>Another account: its own policies and the resource's must both allow.</summary>
    Stranger,

    /// <summary>The account that created a repository in another's domain: its own policies are enough.</summary>
    Administrator,

    /// <summary>The account in the resource's ARN: its own policies or the resource's are enough.</summary>
    Owner,
}

/// <summary>All policies that have a say in one request.</summary>
/// <remarks>https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html</remarks>
public sealed record PolicySet
{
    /// <summary>Attached to who asks, directly or through groups.</summary>
    public IReadOnlyList<PolicyDocument> Identity { get; init; } = [];

    /// <summary>The permissions boundary of who asks, or none.</summary>
    public PolicyDocument? Boundary { get; init; }

    /// <summary>What the session was narrowed to when its role was assumed; where there are several, one that allows is enough.</summary>
    public IReadOnlyList<PolicyDocument> Session { get; init; } = [];

    /// <summary>Attached to the resource, or to what holds it.</summary>
    public IReadOnlyList<PolicyDocument> Resource { get; init; } = [];

    /// <summary>Whether the resource's policy must allow it inside the resource's account, too: a role's trust policy must.</summary>
    public bool ResourceMustAllow { get; init; }

    /// <param name="standing">What the account of who asks is to the resource.</param>
    public Decision Decide(AccessRequest request, Standing standing)
    {
        if (Every().Any(policy => policy.Denies(request)))
        {
            return Decision.Denied;
        }

        var identity = request.Principal.IsRoot || Identity.Any(policy => policy.Allows(request));
        var bounds = Boundary?.Allows(request) is not false && (Session.Count == 0 || Session.Any(policy => policy.Allows(request)));
        var grant = Resource.Select(policy => policy.Grants(request)).DefaultIfEmpty().Max();
        var bothAllow = identity && bounds && grant != PrincipalMatch.None;
        var allowed = standing switch
        {
            Standing.Owner => (ResourceMustAllow ? bothAllow : identity && bounds) || IsEnough(grant, bounds),
            Standing.Administrator => identity && bounds,
            _ => bothAllow,
        };
        return allowed ? Decision.Allowed : Decision.NotAllowed;
    }

    /// <summary>
    /// Whether the resource's word is enough inside its account. A user or session that is named itself passes its bounds; a role
    /// or everybody does not; naming the account leaves the decision to the account's own policies.
    /// </summary>
    private static bool IsEnough(PrincipalMatch grant, bool bounds) => grant switch
    {
        PrincipalMatch.Exact => true,
        PrincipalMatch.Role or PrincipalMatch.Everyone => bounds,
        _ => false,
    };

    private IEnumerable<PolicyDocument> Every() =>
        Identity.Concat(Resource).Concat(Boundary is null ? [] : [Boundary]).Concat(Session);
}
