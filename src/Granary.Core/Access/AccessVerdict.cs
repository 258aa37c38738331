using Granary.Core.Access.Identities;
using Granary.Core.Access.Policies;

namespace Granary.Core.Access;

/// <summary>A decision and what it rests on.</summary>
/// <param name="Policies">The policies that deny, or where none does, those that allow; and the bounds that do not.</param>
public sealed record AccessVerdict(Decision Decision, IReadOnlyList<string> Policies)
{
    internal static AccessVerdict Of(Decision decision, AccessRequest request, IdentitySnapshot identity, Principal principal, in AccessTarget target)
    {
        var named = identity.Policies.Select(p => (Name: $"policy {p.Name}", p.Document)).ToList();
        var resource = new List<(string Name, PolicyDocument Document)>();
        if (target.Domain?.Policy is { } ofDomain)
        {
            resource.Add(($"the policy of domain {target.Domain.Name}", ofDomain));
        }

        if (target.Repository?.Policy is { } ofRepository)
        {
            resource.Add(($"the policy of repository {target.Repository.Name}", ofRepository));
        }

        var bounds = identity.Boundary is { } boundary ? [($"the boundary {boundary.Name}", boundary.Document)] : new List<(string Name, PolicyDocument Document)>();
        var session = principal.Session?.Documents() ?? [];
        bounds.AddRange(session.Select(d => ("the policy of the session", d)));
        if (decision is Decision.Denied)
        {
            return new AccessVerdict(decision, [.. named.Concat(resource).Concat(bounds).Where(p => p.Document.Denies(request)).Select(p => p.Name)]);
        }

        var allowing = named.Where(p => p.Document.Allows(request)).Select(p => p.Name)
            .Concat(resource.Where(p => p.Document.Grants(request) != PrincipalMatch.None).Select(p => p.Name));
        var bounding = decision is Decision.Allowed ? [] : bounds.Where(p => !p.Document.Allows(request)).Select(p => $"{p.Name} does not allow it");
        return new AccessVerdict(decision, [.. allowing, .. bounding]);
    }
}
