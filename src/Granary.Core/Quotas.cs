namespace Granary.Core;

/// <summary>CodeArtifact's and IAM's default quotas, as their documentation lists them; what is adjustable there is adjustable here.</summary>
public sealed record Quotas
{
    public int DomainsPerAccount { get; init; } = 10;

    public int RepositoriesPerDomain { get; init; } = 1000;

    /// <summary>Direct upstreams of one repository. Not adjustable in CodeArtifact.</summary>
    public int UpstreamsPerRepository { get; init; } = 10;

    /// <summary>Not adjustable in CodeArtifact.</summary>
    public int TagsPerResource { get; init; } = 50;

    /// <summary>Bytes of one asset.</summary>
    public long AssetSize { get; init; } = 5L << 30;

    /// <summary>Not adjustable in CodeArtifact.</summary>
    public int AssetsPerVersion { get; init; } = 350;

    // IAM's, by the names of GetAccountSummary. Sizes count characters without white space.

    /// <summary>Not adjustable in IAM.</summary>
    public int AccessKeysPerUser { get; init; } = 2;

    /// <summary>Not adjustable in IAM.</summary>
    public int GroupsPerUser { get; init; } = 10;

    /// <summary>Not adjustable in IAM.</summary>
    public int VersionsPerPolicy { get; init; } = 5;

    /// <summary>Of one managed policy.</summary>
    public int PolicySize { get; init; } = 6144;

    /// <summary>Of a user's inline policies together.</summary>
    public int UserPolicySize { get; init; } = 2048;

    /// <summary>Of a group's inline policies together.</summary>
    public int GroupPolicySize { get; init; } = 5120;

    /// <summary>Of a role's inline policies together.</summary>
    public int RolePolicySize { get; init; } = 10_240;

    /// <summary>Of a role's trust policy.</summary>
    public int AssumeRolePolicySize { get; init; } = 2048;

    public int ClientIdsPerProvider { get; init; } = 100;

    public int ThumbprintsPerProvider { get; init; } = 5;
}
