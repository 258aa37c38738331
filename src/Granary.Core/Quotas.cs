namespace Granary.Core;

/// <summary>CodeArtifact's default quotas, as its documentation lists them; what is adjustable there is adjustable here.</summary>
public sealed record Quotas
{
    public int DomainsPerAccount { get; init; } = 10;

    public int RepositoriesPerDomain { get; init; } = 1000;

    /// <summary>Direct upstreams of one repository. Not adjustable in CodeArtifact.</summary>
    public int UpstreamsPerRepository { get; init; } = 10;

    /// <summary>Not adjustable in CodeArtifact.</summary>
    public int TagsPerResource { get; init; } = 50;
}
