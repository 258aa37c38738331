namespace Granary.Server.ControlPlane;

/// <summary>Every operation of the API that this server answers.</summary>
internal static class Operations
{
    private const string Get = "GET";
    private const string Post = "POST";
    private const string Put = "PUT";
    private const string Delete = "DELETE";

    public static IReadOnlyList<Operation> All { get; } =
    [
        new("CreateDomain", Post, "/v1/domain", On.NewDomain, DomainOperations.CreateAsync),
        new("DescribeDomain", Get, "/v1/domain", On.Domain, DomainOperations.DescribeAsync),
        new("ListDomains", Post, "/v1/domains", On.Nothing, DomainOperations.ListAsync),
        new("DeleteDomain", Delete, "/v1/domain", On.Domain, DomainOperations.DeleteAsync),

        new("CreateRepository", Post, "/v1/repository", On.NewRepository, RepositoryOperations.CreateAsync),
        new("DescribeRepository", Get, "/v1/repository", On.Repository, RepositoryOperations.DescribeAsync),
        new("UpdateRepository", Put, "/v1/repository", On.Repository, RepositoryOperations.UpdateAsync),
        new("DeleteRepository", Delete, "/v1/repository", On.Repository, RepositoryOperations.DeleteAsync),
        new("ListRepositories", Post, "/v1/repositories", On.Nothing, RepositoryOperations.ListAsync),
        new("ListRepositoriesInDomain", Post, "/v1/domain/repositories", On.Domain, RepositoryOperations.ListInDomainAsync),
        new("GetRepositoryEndpoint", Get, "/v1/repository/endpoint", On.Repository, RepositoryOperations.GetEndpointAsync),

        new("AssociateExternalConnection", Post, "/v1/repository/external-connection", On.Repository, ConnectionOperations.AssociateAsync),
        new("DisassociateExternalConnection", Delete, "/v1/repository/external-connection", On.Repository, ConnectionOperations.DisassociateAsync),

        new("PutDomainPermissionsPolicy", Put, "/v1/domain/permissions/policy", On.DomainInBody, PermissionsOperations.PutDomainAsync),
        new("GetDomainPermissionsPolicy", Get, "/v1/domain/permissions/policy", On.Domain, PermissionsOperations.GetAsync),
        new("DeleteDomainPermissionsPolicy", Delete, "/v1/domain/permissions/policy", On.Domain, PermissionsOperations.DeleteAsync),
        new("PutRepositoryPermissionsPolicy", Put, "/v1/repository/permissions/policy", On.Repository, PermissionsOperations.PutRepositoryAsync),
        new("GetRepositoryPermissionsPolicy", Get, "/v1/repository/permissions/policy", On.Repository, PermissionsOperations.GetAsync),
        // The plural is the API's own.
        new("DeleteRepositoryPermissionsPolicy", Delete, "/v1/repository/permissions/policies", On.Repository, PermissionsOperations.DeleteAsync),

        new("GetAuthorizationToken", Post, "/v1/authorization-token", On.Domain, TokenOperations.GetAsync),

        new("ListPackages", Post, "/v1/packages", On.Repository, PackageOperations.ListAsync),
        new("DescribePackage", Get, "/v1/package", On.Package, PackageOperations.DescribeAsync),
        new("PutPackageOriginConfiguration", Post, "/v1/package", On.Package, PackageOperations.PutOriginAsync),
        new("DeletePackage", Delete, "/v1/package", On.Package, PackageOperations.DeleteAsync),

        new("ListPackageVersions", Post, "/v1/package/versions", On.Package, PackageVersionOperations.ListAsync),
        new("DescribePackageVersion", Get, "/v1/package/version", On.Package, PackageVersionOperations.DescribeAsync),
        new("ListPackageVersionDependencies", Post, "/v1/package/version/dependencies", On.Package, PackageVersionOperations.ListDependenciesAsync),
        new("GetPackageVersionReadme", Get, "/v1/package/version/readme", On.Package, PackageVersionOperations.GetReadmeAsync),
        new("ListPackageVersionAssets", Post, "/v1/package/version/assets", On.Package, AssetOperations.ListAsync),
        new("GetPackageVersionAsset", Get, "/v1/package/version/asset", On.Package, AssetOperations.GetAsync),

        new("PublishPackageVersion", Post, "/v1/package/version/publish", On.Package, PublishOperations.PublishAsync) { Streams = true },
        new("CopyPackageVersions", Post, "/v1/package/versions/copy", On.CopiedPackage, CopyOperations.CopyAsync),
        new("UpdatePackageVersionsStatus", Post, "/v1/package/versions/update_status", On.Package, VersionChangeOperations.UpdateStatusAsync),
        new("DisposePackageVersions", Post, "/v1/package/versions/dispose", On.Package, VersionChangeOperations.DisposeAsync),
        new("DeletePackageVersions", Post, "/v1/package/versions/delete", On.Package, VersionChangeOperations.DeleteAsync),

        new("CreatePackageGroup", Post, "/v1/package-group", On.NewPackageGroup, PackageGroupOperations.CreateAsync),
        new("DescribePackageGroup", Get, "/v1/package-group", On.PackageGroup, PackageGroupOperations.DescribeAsync),
        new("UpdatePackageGroup", Put, "/v1/package-group", On.PackageGroupInBody, PackageGroupOperations.UpdateAsync),
        new("DeletePackageGroup", Delete, "/v1/package-group", On.PackageGroup, PackageGroupOperations.DeleteAsync),
        new("ListPackageGroups", Post, "/v1/package-groups", On.Domain, PackageGroupOperations.ListAsync),
        new("ListSubPackageGroups", Post, "/v1/package-groups/sub-groups", On.PackageGroup, PackageGroupOperations.ListSubGroupsAsync),
        new("GetAssociatedPackageGroup", Get, "/v1/get-associated-package-group", On.PackageName, PackageGroupOperations.GetAssociatedAsync),
        new("ListAssociatedPackages", Get, "/v1/list-associated-packages", On.PackageGroup, PackageGroupOperations.ListAssociatedPackagesAsync),
        new("UpdatePackageGroupOriginConfiguration", Put, "/v1/package-group-origin-configuration", On.PackageGroup, PackageGroupOriginOperations.UpdateAsync),
        new("ListAllowedRepositoriesForGroup", Get, "/v1/package-group-allowed-repositories", On.PackageGroup, PackageGroupOriginOperations.ListAllowedAsync),

        new("TagResource", Post, "/v1/tag", On.ResourceArn, TagOperations.TagAsync),
        new("UntagResource", Post, "/v1/untag", On.ResourceArn, TagOperations.UntagAsync),
        new("ListTagsForResource", Post, "/v1/tags", On.ResourceArn, TagOperations.ListAsync),
    ];
}
