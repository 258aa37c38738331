using Granary.Core.Access.Identities;
using Granary.Core.Access.Policies;
using Granary.Core.Domains;
using Granary.Core.Groups;
using Granary.Core.Repositories;

namespace Granary.Core.Access;

/// <summary>What a request is about: an ARN, and as much as there is of what it names.</summary>
/// <param name="Arn">Or <see cref="ResourceArns.Any"/>.</param>
/// <param name="Account">The account in the ARN; for <see cref="ResourceArns.Any"/> the caller's own.</param>
/// <param name="Domain">Null where it does not exist, or where the resource is no domain's.</param>
/// <param name="Repository">Null where it does not exist, or where the resource is the domain itself.</param>
/// <param name="Policies">Which resource policies have a say.</param>
public readonly record struct AccessTarget(
    string Arn, string Account, DomainSnapshot? Domain = null, RepositorySnapshot? Repository = null, ResourcePolicies Policies = ResourcePolicies.All)
{
    /// <summary>What an account is to the target; see docs/decisions/0008.</summary>
    internal Standing StandingOf(string account) =>
        account == Account ? Standing.Owner : account == Repository?.Administrator ? Standing.Administrator : Standing.Stranger;

    /// <summary>The role that is to be assumed, whose trust policy has a say; null for every other resource.</summary>
    public AssumableRole? Role { get; init; }

    /// <summary>The policy of a resource that is no domain's, such as an event bus; null where it has none.</summary>
    public PolicyDocument? Policy { get; init; }

    /// <summary>The tags of such a resource.</summary>
    public IReadOnlyDictionary<string, string>? OwnTags { get; init; }

    /// <summary>The package group that the resource is; null for every other resource, and where it does not exist.</summary>
    public PackageGroupNode? Group { get; init; }

    /// <summary>The domain's policy has a say in everything that the domain holds.</summary>
    internal IReadOnlyList<PolicyDocument> Documents()
    {
        if (Role is not null)
        {
            return [Role.Trust];
        }

        if (Policy is not null)
        {
            return [Policy];
        }

        var ofDomain = Policies.HasFlag(ResourcePolicies.Domain) ? Domain?.Policy : null;
        var ofRepository = Policies.HasFlag(ResourcePolicies.Repository) ? Repository?.Policy : null;
        return (ofDomain, ofRepository) switch
        {
            (null, null) => [],
            ({ } one, null) => [one],
            (null, { } one) => [one],
            ({ } domain, { } repository) => [domain, repository],
        };
    }

    /// <summary><c>aws:ResourceTag</c>: of the repository or the package group where the resource is one, else of the domain. Packages have none.</summary>
    internal IReadOnlyDictionary<string, string> Tags =>
        OwnTags ?? Role?.Tags ?? Group?.Tags ?? (Arn.Contains(":package/", StringComparison.Ordinal) || Arn.Contains(":package-group/", StringComparison.Ordinal) ? null : Repository?.Tags ?? Domain?.Tags) ?? NoTags;

    private static IReadOnlyDictionary<string, string> NoTags { get; } = new Dictionary<string, string>();
}

/// <summary>Nobody can lock themselves out: putting a policy is decided without the policy that it replaces.</summary>
[Flags]
public enum ResourcePolicies
{
    None = 0,
    Domain = 1,
    Repository = 2,
    All = Domain | Repository,
}
