namespace Granary.Server.ControlPlane.Responses;

internal sealed record ListPackagesResponse(IReadOnlyList<PackageSummary> Packages, string? NextToken);

internal sealed record PackageResponse(PackageDescription Package);

internal sealed record DeletePackageResponse(PackageSummary DeletedPackage);

internal sealed record PackageOriginResponse(OriginConfiguration OriginConfiguration);

internal sealed record PackageSummary(string Format, string? Namespace, string Package, OriginConfiguration OriginConfiguration);

/// <summary>The same as a summary, but for the name of the member <c>name</c>.</summary>
internal sealed record PackageDescription(string Format, string? Namespace, string Name, OriginConfiguration OriginConfiguration);

internal sealed record OriginConfiguration(OriginRestrictions Restrictions);

/// <summary>Each <c>ALLOW</c> or <c>BLOCK</c>.</summary>
internal sealed record OriginRestrictions(string Publish, string Upstream);
