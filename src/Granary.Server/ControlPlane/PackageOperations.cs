using Granary.Core;
using Granary.Core.Packages;
using Granary.Server.ControlPlane.Responses;

namespace Granary.Server.ControlPlane;

/// <summary>Packages of one repository: list, describe, delete. Upstreams are never consulted.</summary>
internal static class PackageOperations
{
    private const int PageSize = 100;
    private const string Allow = "ALLOW";
    private const string Block = "BLOCK";

    public static async Task<IResult> ListAsync(Call call)
    {
        var filter = new PackageFilter(
            call.Query.Optional("format", Shapes.PackageFormat),
            call.Query.Optional("namespace", Shapes.PackageNamespace),
            call.Query.Optional("package-prefix", Shapes.PackageName),
            Restriction(call.Query.Optional("publish", Shapes.AllowPublish)),
            Restriction(call.Query.Optional("upstream", Shapes.AllowUpstream)));
        if (filter is { NamespacePrefix: not null, Format: null })
        {
            throw Refusal.Validation("A namespace means something only within a format: give format as well.");
        }

        var page = call.Page(PageSize);
        var (_, repository) = await call.RepositoryAsync();
        var after = page.After is [var format, var @namespace, var name] ? new PackageKey(format, @namespace, name) : null;
        var rows = await call.Service<PackageQueries>().ListAsync(repository, filter, after, page.Take, call.Cancellation);
        var (packages, next) = page.Cut(rows, p => [p.Format, p.Namespace, p.Name]);
        return ControlPlaneJson.Ok(new ListPackagesResponse([.. packages.Select(Summarise)], next));
    }

    public static async Task<IResult> DescribeAsync(Call call)
    {
        var package = await call.PackageAsync();
        return ControlPlaneJson.Ok(new PackageResponse(
            new PackageDescription(package.Format, NamespaceOf(package.Coordinate), package.Name, Origin(package))));
    }

    /// <summary>Sets both controls at once; a package that is not there is created without versions, so that its name is taken care of in advance.</summary>
    public static async Task<IResult> PutOriginAsync(Call call)
    {
        var restrictions = call.Body.Object("restrictions") ?? throw Fault.Missing("restrictions");
        var publish = restrictions.Required("publish", Shapes.AllowPublish) == Allow;
        var upstream = restrictions.Required("upstream", Shapes.AllowUpstream) == Allow;
        var (_, repository) = await call.RepositoryAsync();
        var package = await call.Service<PackageOrigins>().SetAsync(repository, call.Package, publish, upstream, call.Actor, call.Cancellation);
        return ControlPlaneJson.Ok(new PackageOriginResponse(Origin(package)));
    }

    public static async Task<IResult> DeleteAsync(Call call)
    {
        var (_, repository) = await call.RepositoryAsync();
        var deleted = await call.Service<PackageVersions>().DeletePackageAsync(repository, call.Package, call.Actor, call.Cancellation);
        return ControlPlaneJson.Ok(new DeletePackageResponse(Summarise(deleted)));
    }

    /// <summary>The member <c>namespace</c>, which is absent where the format has none.</summary>
    public static string? NamespaceOf(PackageCoordinate package) => package.Namespace.Length == 0 ? null : package.Namespace;

    private static PackageSummary Summarise(Package package) =>
        new(package.Format, NamespaceOf(package.Coordinate), package.Name, Origin(package));

    private static OriginConfiguration Origin(Package package) =>
        new(new OriginRestrictions(package.AllowPublish ? Allow : Block, package.AllowUpstream ? Allow : Block));

    private static bool? Restriction(string? value) => value is null ? null : value == Allow;
}
