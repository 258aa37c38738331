using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Packages;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.NuGet;

/// <summary>
/// <c>PUT v3/symbolpackage</c>: a .snupkg becomes a further asset of the version that it belongs to, which must be there already; <c>dotnet nuget
/// push</c> sends both in this order. See docs/nuget.md.
/// </summary>
internal sealed class NuGetSymbols(AssetStore assets, PackageQueries queries, AssetPublishing publishing, PublishTurns turns, Quotas quotas)
{
    private const string SymbolsType = "SymbolsPackage";

    public static Task PutAsync(HttpContext context) => context.RequestServices.GetRequiredService<NuGetSymbols>().RunAsync(context);

    private async Task RunAsync(HttpContext context)
    {
        await using var spool = assets.CreateSpool();
        var (request, content) = await NuGetPublish.ReceiveAsync(context, spool, quotas);
        if (!content.Manifest.PackageTypes.Any(t => t.Name.Equals(SymbolsType, StringComparison.OrdinalIgnoreCase)))
        {
            throw Refusal.Validation($"The package is not of type {SymbolsType}: pack symbols with dotnet pack -p:SymbolPackageFormat=snupkg --include-symbols.");
        }

        await PublishAsync(request, content, spool, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status201Created;
    }

    private async Task PublishAsync(RepositoryRequest request, NuGetContent content, Spool spool, CancellationToken cancellation)
    {
        var package = request.RequiredPackage;
        using var turn = await turns.EnterAsync(request.Repository, package, content.Version, cancellation);
        if (await queries.FindAsync(request.Repository, package, cancellation) is not { } row
            || await queries.FindVersionAsync(row, content.Version, cancellation) is null)
        {
            throw Absent(request, content);
        }

        var publication = new AssetPublication(package, content.Version, NuGetName.Symbols(content.Id, content.Version), Unfinished: false)
        {
            // Symbols say nothing of a version. They never make one either, should it be deleted meanwhile.
            Gathered = new GatheredAsset(manifest => manifest.Length > 0 ? manifest : throw Absent(request, content), null, null),
        };
        var digests = spool.Finish();
        await publishing.DemandOpenAsync(request.Domain, request.Repository, publication, digests.Sha256, cancellation);
        await assets.StoreAsync(
            request.Domain.Id,
            spool,
            stored => publishing.PublishAsync(request.Domain, request.Repository, publication, stored, request.Actor, cancellation),
            cancellation);
    }

    private static Refusal Absent(RepositoryRequest request, NuGetContent content) => Refusal.NotFound(
        ResourceType.PackageVersion, content.Version,
        $"Version {content.Version} of {content.Id} is not in repository {request.Repository.Name}: push the package first, then its symbols.");
}
