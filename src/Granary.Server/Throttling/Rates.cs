using Granary.Core;

namespace Granary.Server.Throttling;

/// <summary>
/// How many requests a second are answered; null for as many as come. Each member is a setting of the same name below
/// <see cref="Section"/>, and each allows a burst of what it lets through in a second.
/// </summary>
public sealed record Rates
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = $"{Quotas.Section}:{Name}";

    /// <summary>The section's last part.</summary>
    public const string Name = "Rates";

    /// <summary>The key that names what the members start from: <c>off</c> or <c>codeartifact</c>.</summary>
    public const string Preset = nameof(Preset);

    /// <summary>CodeArtifact's numbers, as its documentation lists them.</summary>
    public static Rates CodeArtifact => new()
    {
        ReadsPerAccount = 800,
        WritesPerAccount = 100,
        RequestsPerToken = 1200,
        UnauthenticatedRequestsPerAddress = 600,
        GetAuthorizationToken = 40,
        ListPackages = 200,
        ListPackageVersions = 200,
        ListPackageVersionAssets = 200,
        GetPackageVersionAsset = 50,
        PublishPackageVersion = 10,
        CopyPackageVersions = 5,
    };

    /// <summary>Requests of one account's callers that change nothing, those of package managers among them.</summary>
    public int? ReadsPerAccount { get; init; }

    /// <summary>Requests of one account's callers that change something.</summary>
    public int? WritesPerAccount { get; init; }

    /// <summary>Requests of package managers with one authorization token.</summary>
    public int? RequestsPerToken { get; init; }

    /// <summary>Requests from one address without a credential, or with one that is not good.</summary>
    public int? UnauthenticatedRequestsPerAddress { get; init; }

    // Calls of one operation by one account's callers, beside what the account may do in all.
    public int? GetAuthorizationToken { get; init; }

    public int? ListPackages { get; init; }

    public int? ListPackageVersions { get; init; }

    public int? ListPackageVersionAssets { get; init; }

    public int? GetPackageVersionAsset { get; init; }

    public int? PublishPackageVersion { get; init; }

    public int? CopyPackageVersions { get; init; }

    /// <summary>The rates of operations by their name, where there is one.</summary>
    internal IEnumerable<(string Operation, int PerSecond)> OfOperations() =>
        from rate in ((string Operation, int? PerSecond)[])
        [
            (nameof(GetAuthorizationToken), GetAuthorizationToken),
            (nameof(ListPackages), ListPackages),
            (nameof(ListPackageVersions), ListPackageVersions),
            (nameof(ListPackageVersionAssets), ListPackageVersionAssets),
            (nameof(GetPackageVersionAsset), GetPackageVersionAsset),
            (nameof(PublishPackageVersion), PublishPackageVersion),
            (nameof(CopyPackageVersions), CopyPackageVersions),
        ]
        where rate.PerSecond is not null
        select (rate.Operation, rate.PerSecond ?? 0);
}
