namespace Granary.Server.ControlPlane.Responses;

internal sealed record ListPackageVersionsResponse(
    string? DefaultDisplayVersion,
    string Format,
    string? Namespace,
    string Package,
    IReadOnlyList<PackageVersionSummary> Versions,
    string? NextToken);

/// <param name="PublishedTime">Beyond AWS's model, whose clients pass over what they do not know.</param>
/// <param name="Size">Beyond AWS's model: bytes of the version's assets together.</param>
internal sealed record PackageVersionSummary(string Version, string Revision, string Status, PackageVersionOrigin Origin, double PublishedTime, long Size);

/// <param name="OriginType"><c>INTERNAL</c>, <c>EXTERNAL</c> or <c>UNKNOWN</c>.</param>
internal sealed record PackageVersionOrigin(DomainEntryPoint? DomainEntryPoint, string OriginType);

/// <summary>Where a version first entered the domain: one of the two is there.</summary>
internal sealed record DomainEntryPoint(string? RepositoryName, string? ExternalConnectionName);

internal sealed record PackageVersionResponse(PackageVersionDescription PackageVersion);

internal sealed record PackageVersionDescription(
    string Format,
    string? Namespace,
    string PackageName,
    string? DisplayName,
    string Version,
    string? Summary,
    string? HomePage,
    string? SourceCodeRepository,
    double PublishedTime,
    IReadOnlyList<LicenseInfo> Licenses,
    string Revision,
    string Status,
    PackageVersionOrigin Origin);

internal sealed record LicenseInfo(string Name, string? Url);

internal sealed record ListDependenciesResponse(
    string Format,
    string? Namespace,
    string Package,
    string Version,
    string VersionRevision,
    string? NextToken,
    IReadOnlyList<DependencyInfo> Dependencies);

internal sealed record DependencyInfo(string? Namespace, string Package, string? DependencyType, string? VersionRequirement);

internal sealed record ReadmeResponse(string Format, string? Namespace, string Package, string Version, string VersionRevision, string Readme);

internal sealed record ListAssetsResponse(
    string Format,
    string? Namespace,
    string Package,
    string Version,
    string VersionRevision,
    string? NextToken,
    IReadOnlyList<AssetSummary> Assets);

internal sealed record PublishedVersionResponse(
    string Format, string? Namespace, string Package, string Version, string VersionRevision, string Status, AssetSummary Asset);

/// <param name="Size">Bytes.</param>
/// <param name="Hashes">Lower-case hexadecimal, by CodeArtifact's HashAlgorithm.</param>
internal sealed record AssetSummary(string Name, long Size, IReadOnlyDictionary<string, string> Hashes);

/// <summary>What became of each version of a call that names several.</summary>
internal sealed record VersionResultsResponse(
    IReadOnlyDictionary<string, SuccessfulVersion> SuccessfulVersions,
    IReadOnlyDictionary<string, FailedVersion> FailedVersions);

internal sealed record SuccessfulVersion(string Revision, string Status);

internal sealed record FailedVersion(string ErrorCode, string ErrorMessage);
