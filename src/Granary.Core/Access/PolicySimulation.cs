using Granary.Core.Access.Policies;

namespace Granary.Core.Access;

/// <summary>A policy of a simulation.</summary>
/// <param name="Id">How the answer names it.</param>
/// <param name="Type">Where it comes from, in the words of IAM's <c>PolicySourceType</c>.</param>
public sealed record SimulatedPolicy(string Id, string Type, PolicyDocument Document);

/// <summary>What a request would meet with.</summary>
/// <param name="Matched">The policies that deny it, or where none does, those that allow it.</param>
/// <param name="Missing">The condition keys that policies asked for and that nobody gave.</param>
/// <param name="AllowedByBoundary">Null where there is no boundary.</param>
public sealed record SimulatedResult(Decision Decision, IReadOnlyList<SimulatedPolicy> Matched, IReadOnlyList<string> Missing, bool? AllowedByBoundary);

/// <summary>Asks the policy engine about requests that nobody makes.</summary>
public sealed record PolicySimulation(Principal Principal, IReadOnlyList<SimulatedPolicy> Policies)
{
    public SimulatedPolicy? Boundary { get; init; }

    /// <summary>The policy of the resource.</summary>
    public SimulatedPolicy? Resource { get; init; }

    /// <summary>Whether the resource is of the principal's account.</summary>
    public bool IsOwn { get; init; } = true;

    public IReadOnlyDictionary<string, string[]> Context { get; init; } = AccessRequest.NoContext;

    public SimulatedResult Run(string action, string resource)
    {
        var request = new AccessRequest(Principal, action, resource, Context);
        var decision = new PolicySet
        {
            Identity = [.. Policies.Select(p => p.Document)],
            Boundary = Boundary?.Document,
            Resource = Resource is null ? [] : [Resource.Document],
        }.Decide(request, IsOwn ? Standing.Owner : Standing.Stranger);
        List<SimulatedPolicy> matched = decision == Decision.Denied
            ? [.. Policies.Concat(Optional(Boundary)).Concat(Optional(Resource)).Where(p => p.Document.Denies(request))]
            : [
                .. Policies.Where(p => p.Document.Allows(request)),
                .. Optional(Resource).Where(p => p.Document.Grants(request) != PrincipalMatch.None),
            ];
        bool? bounded = Boundary is null ? null : Boundary.Document.Allows(request) && !Boundary.Document.Denies(request);
        return new SimulatedResult(decision, matched, [.. request.Missing.Order(StringComparer.OrdinalIgnoreCase)], bounded);
    }

    private static IEnumerable<SimulatedPolicy> Optional(SimulatedPolicy? policy) => policy is null ? [] : [policy];
}
