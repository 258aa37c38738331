using System.Buffers;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Encryption;
using Granary.Core.Packages;
using Granary.Formats;
using Granary.Server.Authentication;
using Granary.Server.ControlPlane.Responses;
using Microsoft.AspNetCore.Http.Features;

namespace Granary.Server.ControlPlane;

/// <summary>
/// PublishPackageVersion: one asset, from the socket to the disk in one buffer of memory. Who may not, and what cannot be, is refused
/// before the body is read, so that a client that waits for 100-continue sends nothing.
/// </summary>
internal static class PublishOperations
{
    private const string DigestHeader = "x-amz-content-sha256";

    // Bytes. A read of the socket gives a few thousand, and a write of so few for each of them would cost more than the bytes.
    private const int Piece = 128 * 1024;

    public static async Task<IResult> PublishAsync(Call call)
    {
        var publication = Read(call);
        var promised = Promised(call.Context.Request);
        var (domain, repository) = await call.RepositoryAsync();
        var publishing = call.Service<AssetPublishing>();
        await publishing.DemandOpenAsync(domain, repository, publication, promised, call.Cancellation);

        await call.Service<DomainKeys>().DemandAsync(domain.Id, call.Cancellation);
        var assets = call.Service<AssetStore>();
        await using var spool = assets.CreateSpool();
        await ReceiveAsync(call, publication.Asset, spool);
        var digests = spool.Finish();
        if (!digests.Sha256.AsSpan().SequenceEqual(promised))
        {
            throw Fault.Of(DigestHeader, $"Member must be the SHA-256 of the body, which is {digests.Sha256Hex}");
        }

        var version = await assets.StoreAsync(
            domain.Id,
            spool,
            stored => publishing.PublishAsync(domain, repository, publication, stored, call.Actor, call.Cancellation),
            call.Cancellation);
        return ControlPlaneJson.Ok(new PublishedVersionResponse(
            call.Package.Format,
            PackageOperations.NamespaceOf(call.Package),
            call.Package.Name,
            version.Version,
            version.Revision,
            version.Status.ToString(),
            AssetOperations.Summarise(publication.Asset, digests)));
    }

    private static AssetPublication Read(Call call)
    {
        var format = call.Target.Format!;
        if (!format.IsPublishedByApi)
        {
            var takes = string.Join(", ", PackageFormats.All.Where(f => f.IsPublishedByApi).Select(f => f.Name));
            throw Fault.Of("format", $"Member must satisfy enum value set: [{takes}]; packages of format {format.Name} are published with the format's own client");
        }

        var version = format.NormalizeVersion(call.Query.Required("version", Shapes.PackageVersion));
        var asset = call.Query.Required("asset", Shapes.AssetName);
        format.DemandAssetName(asset);
        return new AssetPublication(call.Package, version, asset, call.Query.Flag("unfinished") ?? false);
    }

    private static byte[] Promised(HttpRequest request) =>
        request.Headers[DigestHeader] is [{ } text] && AuthorizationHeader.IsSha256(text) ? Convert.FromHexString(text) : throw Fault.Missing(DigestHeader);

    private static async Task ReceiveAsync(Call call, string asset, Spool spool)
    {
        var request = call.Context.Request;
        var most = call.Service<Quotas>().AssetSize;
        if (request.ContentLength > most)
        {
            throw TooLarge(asset, most);
        }

        // The quota is counted here, because it has an error of its own.
        call.Context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (await request.Body.ReadAtLeastAsync(buffer.AsMemory(0, Piece), Piece, throwOnEndOfStream: false, call.Cancellation) is > 0 and var read)
            {
                if (spool.Length + read > most)
                {
                    throw TooLarge(asset, most);
                }

                await spool.WriteAsync(buffer.AsMemory(0, read), call.Cancellation);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static Refusal TooLarge(string asset, long most) =>
        Refusal.QuotaExceeded(ResourceType.Asset, asset, $"The asset '{asset}' is larger than the {most} bytes that an asset may have. Raise {Quotas.Key(nameof(Quotas.AssetSize))}, or split it.");
}
