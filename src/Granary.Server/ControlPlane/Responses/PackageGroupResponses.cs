namespace Granary.Server.ControlPlane.Responses;

internal sealed record PackageGroupResponse(PackageGroupDescription PackageGroup);

internal sealed record ListPackageGroupsResponse(IReadOnlyList<PackageGroupDescription> PackageGroups, string? NextToken);

/// <summary>The model's description and its summary have the same members.</summary>
internal sealed record PackageGroupDescription(
    string Arn,
    string Pattern,
    string DomainName,
    string DomainOwner,
    double CreatedTime,
    string? ContactInfo,
    string? Description,
    PackageGroupOriginConfiguration OriginConfiguration,
    PackageGroupReference? Parent);

internal sealed record PackageGroupOriginConfiguration(IReadOnlyDictionary<string, PackageGroupOriginRestriction> Restrictions);

internal sealed record PackageGroupOriginRestriction(string Mode, string EffectiveMode, PackageGroupReference? InheritedFrom, long RepositoriesCount);

internal sealed record PackageGroupReference(string Arn, string Pattern);

/// <param name="AssociationType"><c>STRONG</c> or <c>WEAK</c>.</param>
internal sealed record AssociatedGroupResponse(PackageGroupDescription PackageGroup, string AssociationType);

internal sealed record AssociatedPackagesResponse(IReadOnlyList<AssociatedPackageInfo> Packages, string? NextToken);

internal sealed record AssociatedPackageInfo(string Format, string? Namespace, string Package, string AssociationType);

internal sealed record UpdateOriginResponse(
    PackageGroupDescription PackageGroup, IReadOnlyDictionary<string, Dictionary<string, IReadOnlyList<string>>> AllowedRepositoryUpdates);

internal sealed record AllowedRepositoriesResponse(IReadOnlyList<string> AllowedRepositories, string? NextToken);
