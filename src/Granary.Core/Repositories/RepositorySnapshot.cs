namespace Granary.Core.Repositories;

/// <summary>A repository as its domain's snapshot holds it.</summary>
public sealed record RepositorySnapshot(
    long DomainId,
    long Id,
    string Name,
    string Administrator,
    string? ExternalConnection,
    IReadOnlyList<long> Upstreams);
