using System.ComponentModel.DataAnnotations;

namespace Granary.Core;

/// <summary>
/// CodeArtifact's, IAM's and EventBridge's default quotas, as their documentation lists them. Each member is a setting of the same name below
/// <see cref="Section"/>, also where AWS adjusts none: nothing in the protocols depends on these numbers. Each is at least 1.
/// </summary>
public sealed record Quotas
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Quotas";

    public int DomainsPerAccount { get; init; } = 10;

    public int RepositoriesPerDomain { get; init; } = 1000;

    /// <summary>Direct upstreams of one repository. Not adjustable in CodeArtifact.</summary>
    [Range(1, 1000)]
    public int UpstreamsPerRepository { get; init; } = 10;

    /// <summary>Repositories that one request searches, the one that was asked among them. Not adjustable in CodeArtifact.</summary>
    [Range(1, 1000)]
    public int RepositoriesPerSearch { get; init; } = 25;

    /// <summary>Of one asset, in bytes, published or fetched from a public source.</summary>
    public long AssetSize { get; init; } = 5L << 30;

    /// <summary>Assets of one package version. Not adjustable in CodeArtifact.</summary>
    public int AssetsPerVersion { get; init; } = 350;

    /// <summary>Of a request that publishes an asset inside a document, in bytes: the asset in base64, which is four bytes for three, and what is said of it. Not adjustable in CodeArtifact.</summary>
    public long PublishRequestSize { get; init; } = 2L << 30;

    /// <summary>Not adjustable in CodeArtifact.</summary>
    public int TagsPerResource { get; init; } = 50;

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

    // EventBridge's, each of one account.

    public int EventBusesPerAccount { get; init; } = 100;

    public int RulesPerEventBus { get; init; } = 300;

    /// <summary>Not adjustable in EventBridge.</summary>
    public int TargetsPerRule { get; init; } = 5;

    public int ConnectionsPerAccount { get; init; } = 3000;

    public int ApiDestinationsPerAccount { get; init; } = 3000;

    /// <summary>EventBridge names no such number; here each archive is asked about each event of its bus.</summary>
    public int ArchivesPerEventBus { get; init; } = 100;

    /// <summary>Replays of one account that have not come to an end.</summary>
    public int ConcurrentReplays { get; init; } = 10;

    /// <summary>The setting of a member, as it is written in the environment and in messages.</summary>
    /// <param name="member">Such as <c>nameof(DomainsPerAccount)</c>.</param>
    public static string Key(string member) => $"{Section}:{member}";
}
