using System.Collections.Frozen;
using Granary.Core.Access.Policies;

namespace Granary.Core.Repositories;

/// <summary>A repository as its domain's snapshot holds it.</summary>
public sealed record RepositorySnapshot(
    long DomainId,
    long Id,
    string Name,
    string Administrator,
    string? ExternalConnection,
    IReadOnlyList<long> Upstreams)
{
    /// <summary>The repository's permissions policy, or null.</summary>
    public PolicyDocument? Policy { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = FrozenDictionary<string, string>.Empty;
}
