using Granary.Core.Access.Policies;

namespace Granary.Core.Access.Identities;

/// <summary>A policy and where it comes from.</summary>
/// <param name="Name">The ARN of a managed policy, or the name of an inline one.</param>
public sealed record NamedPolicy(string Name, PolicyDocument Document);

/// <summary>A user or role with everything that decides what it may, as it was at one revision of its account; immutable.</summary>
/// <param name="Policies">Inline and attached, its own and those of its groups.</param>
/// <param name="Boundary">Null for none. A boundary whose policy is gone allows nothing.</param>
public sealed record IdentitySnapshot(
    string AccountId,
    string Id,
    IdentityKind Kind,
    string Name,
    string Arn,
    long Revision,
    IReadOnlyList<NamedPolicy> Policies,
    NamedPolicy? Boundary,
    IReadOnlyDictionary<string, string> Tags)
{
    public IReadOnlyList<PolicyDocument> Documents { get; } = [.. Policies.Select(p => p.Document)];
}
