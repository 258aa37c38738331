using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Assets;
using Granary.Core.Packages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.Npm;

/// <summary>
/// <c>PUT /name</c>: <c>npm publish</c>, and <c>npm deprecate</c>, which sends a document without a tarball. The tarball goes
/// from the socket to the disk as it is decoded; nothing is visible before everything is stored.
/// </summary>
internal sealed class NpmPublish(AssetStore assets, Publishing publishing, PublishTurns turns, NpmDeprecation deprecation, Quotas quotas)
{
    private readonly NpmPublishLimits limits = NpmPublishLimits.Of(quotas);

    public static Task PutAsync(HttpContext context) => context.RequestServices.GetRequiredService<NpmPublish>().RunAsync(context);

    private async Task RunAsync(HttpContext context)
    {
        var request = RepositoryRequest.Of(context);
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = quotas.PublishRequestSize;
        if (context.Request.ContentLength > quotas.PublishRequestSize)
        {
            throw Refusal.QuotaExceeded(
                ResourceType.Asset,
                NpmFormat.AssetName,
                $"The publish request has {context.Request.ContentLength:N0} bytes, and one may have {quotas.PublishRequestSize:N0}: publish a smaller package. The operator of this server can raise {Quotas.Key(nameof(Quotas.PublishRequestSize))}.");
        }

        if (context.Request.ContentLength > limits.MetadataBytes)
        {
            // Only a publish is this large, and where it is not allowed nobody should upload it first.
            await request.DemandAsync(AccessActions.PublishPackageVersion);
            await publishing.DemandPublishableAsync(request.Domain, request.Repository, request.RequiredPackage, context.RequestAborted);
        }

        await using var spool = assets.CreateSpool();
        var document = await NpmPublishDocument.ReadAsync(context.Request.BodyReader, spool.WriteAsync, limits, context.RequestAborted);
        if (document.Attachment is null)
        {
            await request.DemandAsync(AccessActions.PutPackageMetadata);
            await deprecation.ApplyAsync(request, document.Root, context.RequestAborted);
            await NpmJson.WriteAsync(context, new NpmOk(true), NpmJson.Default.NpmOk);
            return;
        }

        await request.DemandAsync(AccessActions.PublishPackageVersion);
        var version = await PublishAsync(request, document, spool, context.RequestAborted);
        var published = new NpmPublished(true, NpmFormat.Spell(request.RequiredPackage), version.Revision);
        await NpmJson.WriteAsync(context, published, NpmJson.Default.NpmPublished, StatusCodes.Status201Created);
    }

    private async Task<PackageVersion> PublishAsync(RepositoryRequest request, NpmPublishDocument document, Spool spool, CancellationToken cancellation)
    {
        var package = request.RequiredPackage;
        var name = NpmFormat.NameOf(package);
        if (!name.IsValidForNew)
        {
            throw Refusal.Validation($"'{name}' cannot be published: names are lower-case letters, digits, hyphens, dots and underscores, with no dot at the end.");
        }

        var digests = spool.Finish();
        NpmTarballContent tarball;
        await using (var stream = spool.OpenRead())
        {
            tarball = await NpmTarball.InspectAsync(stream, cancellation: cancellation);
        }

        var publication = NpmManifestCheck.Agree(name, document, tarball, Hex(digests));
        request.Record.Version = publication.Version;
        using var turn = await turns.EnterAsync(request.Repository, package, publication.Version, cancellation);
        await publishing.DemandAbsentAsync(request.Domain, request.Repository, package, publication.Version, cancellation);
        var manifest = NpmDeprecation.Mark(publication.Manifest.ToArray(), publication.Deprecated);
        return await assets.StoreAsync(request.Domain.Id, spool, AddAsync, cancellation);

        Task<PackageVersion> AddAsync(Digests stored)
        {
            var version = new NewVersion(publication.Version, manifest, publication.Summary, publication.Readme, [new NewAsset(NpmFormat.AssetName, stored)]);
            return publishing.PublishAsync(
                request.Domain, request.Repository, package, version, [.. publication.DistTags.Keys], request.Actor, cancellation);
        }
    }

    private static NpmDigests Hex(Digests digests) =>
        new(Convert.ToHexStringLower(digests.Sha1), digests.Sha256Hex, Convert.ToHexStringLower(digests.Sha512));
}
