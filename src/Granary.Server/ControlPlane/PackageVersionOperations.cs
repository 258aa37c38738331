using System.Globalization;
using Granary.Core;
using Granary.Core.Packages;
using Granary.Formats;
using Granary.Server.ControlPlane.Responses;

namespace Granary.Server.ControlPlane;

/// <summary>Versions of a package: list, describe, and what their manifests say.</summary>
internal static class PackageVersionOperations
{
    private const int PageSize = 50;

    // The operation takes no page size. Manifests with more dependencies than this are hardly ever met.
    private const int DependencyPageSize = 1000;

    public static async Task<IResult> ListAsync(Call call)
    {
        PackageVersionStatus? status = call.Query.Optional("status", Shapes.PackageVersionStatus) is { } name ? Enum.Parse<PackageVersionStatus>(name) : null;
        var newestFirst = call.Query.Optional("sortBy", Shapes.PackageVersionSortType) is not null;
        var originType = call.Query.Optional("originType", Shapes.PackageVersionOriginType);
        var page = call.Page(PageSize);
        var package = await call.PackageAsync();

        var queries = call.Service<PackageQueries>();
        var after = page.After is [var at, var last] ? new VersionPageKey(new(long.Parse(at, CultureInfo.InvariantCulture), TimeSpan.Zero), last) : null;
        // Every version here has an origin, so that none is of unknown origin.
        var rows = originType == "UNKNOWN"
            ? []
            : await queries.ListVersionsAsync(package, status, originType is null ? null : originType == "EXTERNAL", after, newestFirst, page.Take, call.Cancellation);
        var (versions, next) = page.Cut(rows, v => [v.PublishedAt.UtcTicks.ToString(CultureInfo.InvariantCulture), v.Version]);
        return ControlPlaneJson.Ok(new ListPackageVersionsResponse(
            await queries.DefaultDisplayVersionAsync(package, call.Cancellation),
            package.Format,
            PackageOperations.NamespaceOf(package.Coordinate),
            package.Name,
            [.. versions.Select(v => new PackageVersionSummary(v.Version, v.Revision, v.Status.ToString(), Origin(v.OriginRepository, v.OriginConnection), v.PublishedAt.EpochSeconds(), v.Size))],
            next));
    }

    public static async Task<IResult> DescribeAsync(Call call)
    {
        var version = await call.VersionAsync();
        var description = call.Target.Format!.Describe(call.Package, version.Manifest);
        return ControlPlaneJson.Ok(new PackageVersionResponse(new PackageVersionDescription(
            call.Package.Format,
            PackageOperations.NamespaceOf(call.Package),
            call.Package.Name,
            description.DisplayName,
            version.Version,
            version.Summary ?? description.Summary,
            description.HomePage,
            description.SourceCodeRepository,
            version.PublishedAt.EpochSeconds(),
            [.. description.Licenses.Select(l => new LicenseInfo(l.Name, l.Url))],
            version.Revision,
            version.Status.ToString(),
            Origin(version.OriginRepository, version.OriginConnection))));
    }

    public static async Task<IResult> ListDependenciesAsync(Call call)
    {
        var page = call.Page(DependencyPageSize, call.Query.Optional("next-token", Shapes.PaginationToken));
        var version = await call.VersionAsync();
        // A manifest belongs to its revision, so that a place in it means the same until the revision changes.
        var start = page.After is [var revision, var index] && revision == version.Revision ? int.Parse(index, CultureInfo.InvariantCulture) : 0;
        if (page.After is not null && start == 0)
        {
            throw Refusal.Validation("The version has changed since the page before was read. Leave nextToken out to start with the first page.");
        }

        var rows = call.Target.Format!.Dependencies(version.Manifest).Index().Skip(start).Take(page.Take).ToList();
        var (dependencies, next) = page.Cut<(int Index, PackageDependency Item)>(
            rows, d => [version.Revision, (d.Index + 1).ToString(CultureInfo.InvariantCulture)]);
        return ControlPlaneJson.Ok(new ListDependenciesResponse(
            call.Package.Format,
            PackageOperations.NamespaceOf(call.Package),
            call.Package.Name,
            version.Version,
            version.Revision,
            next,
            [.. dependencies.Select(d => new DependencyInfo(d.Item.Namespace, d.Item.Package, d.Item.DependencyType, d.Item.VersionRequirement))]));
    }

    public static async Task<IResult> GetReadmeAsync(Call call)
    {
        var (version, text) = await call.VersionWithAsync(v => call.Service<PackageQueries>().ReadmeAsync(v, call.Cancellation));
        var readme = text
            ?? throw Refusal.NotFound(ResourceType.PackageVersion, version.Version, $"Version {version.Version} of {call.Package} has no readme.");
        return ControlPlaneJson.Ok(new ReadmeResponse(
            call.Package.Format,
            PackageOperations.NamespaceOf(call.Package),
            call.Package.Name,
            version.Version,
            version.Revision,
            readme));
    }

    private static PackageVersionOrigin Origin(string? repository, string? connection) => (repository, connection) switch
    {
        (null, null) => new(null, "UNKNOWN"),
        (_, null) => new(new DomainEntryPoint(repository, null), "INTERNAL"),
        _ => new(new DomainEntryPoint(null, connection), "EXTERNAL"),
    };
}
