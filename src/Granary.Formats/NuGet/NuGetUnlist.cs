using Granary.Core;
using Granary.Core.Packages;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.NuGet;

/// <summary>
/// <c>dotnet nuget delete</c> hides a version and takes nothing away, as on the public gallery: its status is Unlisted. The protocol's opposite, which
/// the client has no command for, makes it Published again.
/// </summary>
internal static class NuGetUnlist
{
    public static Task DeleteAsync(HttpContext context) => SetAsync(context, PackageVersionStatus.Published, PackageVersionStatus.Unlisted);

    public static Task RelistAsync(HttpContext context) => SetAsync(context, PackageVersionStatus.Unlisted, PackageVersionStatus.Published);

    private static async Task SetAsync(HttpContext context, PackageVersionStatus from, PackageVersionStatus to)
    {
        var request = RepositoryRequest.Of(context);
        var version = NuGetName.VersionOf((string)context.Request.RouteValues["version"]!);
        request.Record.Version = version;
        var package = await Queries(context).FindAsync(request.Repository, request.RequiredPackage, context.RequestAborted) ?? throw Absent(request, version);
        if (await Queries(context).FindVersionAsync(package, version, context.RequestAborted) is not { } row)
        {
            throw Absent(request, version);
        }

        if (row.Status != to)
        {
            var versions = context.RequestServices.GetRequiredService<PackageVersions>();
            var results = await versions.UpdateStatusAsync(
                request.Repository, request.RequiredPackage, new VersionSelection([version], null, from), to, request.Actor, context.RequestAborted);
            if (results.Failed.Count > 0)
            {
                // What is archived or disposed must not come back by a detour.
                throw Refusal.Conflict(
                    ResourceType.PackageVersion, version,
                    $"Version {version} of {request.RequiredPackage.Name} is {row.Status}, and only a {from} one can be made {to} so. Use: aws codeartifact update-package-versions-status.");
            }
        }

        context.Response.StatusCode = to == PackageVersionStatus.Unlisted ? StatusCodes.Status204NoContent : StatusCodes.Status200OK;
    }

    private static PackageQueries Queries(HttpContext context) => context.RequestServices.GetRequiredService<PackageQueries>();

    private static Refusal Absent(RepositoryRequest request, string version) => Refusal.NotFound(
        ResourceType.PackageVersion, version,
        $"Version {version} of {request.RequiredPackage.Name} is not in repository {request.Repository.Name} itself. What its upstreams have is hidden there.");
}
