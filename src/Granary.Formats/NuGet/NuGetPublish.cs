using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Assets;
using Granary.Core.Packages;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.NuGet;

/// <summary>
/// <c>PUT v3/package</c>: <c>dotnet nuget push</c>. The package names itself, so that who may publish it is asked once it has been read; to push
/// at all, one must be allowed to read the repository, as in CodeArtifact.
/// </summary>
internal sealed class NuGetPublish(AssetStore assets, PackageQueries queries, Publishing publishing, PublishTurns turns, Quotas quotas)
{
    public static Task PutAsync(HttpContext context) => context.RequestServices.GetRequiredService<NuGetPublish>().RunAsync(context);

    /// <summary>Spools the pushed package and reads it, and asks whether the caller may publish it.</summary>
    internal static async Task<(RepositoryRequest Request, NuGetContent Content)> ReceiveAsync(HttpContext context, Spool spool, Quotas quotas)
    {
        var request = RepositoryRequest.Of(context);
        request.Record.IsReadOnly = false;
        request.Record.Name = "PublishPackageVersion";
        await NuGetUpload.ReceiveAsync(context, spool, quotas);
        spool.Finish();
        NuGetContent content;
        await using (var stream = spool.OpenRead())
        {
            content = await NuGetPackage.InspectAsync(stream, NuGetLimits.Default, strict: true, context.RequestAborted);
        }

        request = request with { Package = new PackageCoordinate(NuGetFormat.FormatName, "", content.Id) };
        (request.Record.Package, request.Record.Version) = (request.Package, content.Version);
        await request.DemandAsync(AccessActions.PublishPackageVersion);
        return (request, content);
    }

    private async Task RunAsync(HttpContext context)
    {
        await using var spool = assets.CreateSpool();
        var (request, content) = await ReceiveAsync(context, spool, quotas);
        var isNew = await PublishAsync(request, content, spool, context.RequestAborted);
        context.Response.StatusCode = isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK;
    }

    private async Task<bool> PublishAsync(RepositoryRequest request, NuGetContent content, Spool spool, CancellationToken cancellation)
    {
        var (package, digests) = (request.RequiredPackage, spool.Finish());
        var asset = NuGetName.Package(content.Id, content.Version);
        using var turn = await turns.EnterAsync(request.Repository, package, content.Version, cancellation);
        if (await IsHereAsync(request, content.Version, asset, digests, cancellation))
        {
            return false;
        }

        await publishing.DemandAbsentAsync(request.Domain, request.Repository, package, content.Version, cancellation);
        var manifest = content.Manifest with
        {
            PackageHash = Convert.ToBase64String(digests.Sha512), PackageHashAlgorithm = "SHA512", PackageSize = digests.Size,
        };
        await assets.StoreAsync(request.Domain.Id, spool, AddAsync, cancellation);
        return true;

        Task<PackageVersion> AddAsync(Digests stored)
        {
            var version = new NewVersion(
                content.Version, manifest.ToBytes(), manifest.Summary ?? manifest.Description, content.Readme, [new NewAsset(asset, stored)]);
            return publishing.PublishAsync(request.Domain, request.Repository, package, version, [], request.Actor, cancellation);
        }
    }

    /// <summary>Whether the repository has the very same package already, so that sending it again changes nothing.</summary>
    private async Task<bool> IsHereAsync(RepositoryRequest request, string version, string asset, Digests digests, CancellationToken cancellation) =>
        await queries.FindAsync(request.Repository, request.RequiredPackage, cancellation) is { AllowPublish: true } package
        && await queries.FindVersionAsync(package, version, cancellation) is { IsReadable: true } row
        && await queries.FindAssetAsync(row, asset, cancellation) is { } kept
        && kept.Sha256.AsSpan().SequenceEqual(digests.Sha256);
}
