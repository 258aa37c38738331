using System.Buffers;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Packages;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.Maven;

/// <summary>
/// What publishers send, a request for each file: the files of a version in any order, checksums of them if they like, and at last the
/// listing that names the version. A file goes from the socket to the disk; nobody reads it before the version is complete.
/// </summary>
internal sealed class MavenPublish(
    AssetStore assets, Publishing publishing, AssetPublishing versions, PublishTurns turns, MavenDigests digests, MavenCompletion completion, Quotas quotas)
{
    // Bytes. A checksum is at most 128 digits; some tools write the file's name after it.
    private const int MaxChecksum = 4096;

    private const int Piece = 128 * 1024;

    public static Task PutAsync(HttpContext context) => context.RequestServices.GetRequiredService<MavenPublish>().RunAsync(context);

    private async Task RunAsync(HttpContext context)
    {
        var request = RepositoryRequest.Of(context);
        var path = MavenPath.Parse(MavenFormat.PathOf(context.Request.RouteValues))
            ?? throw Refusal.Validation("Nothing can be published at this address. Files belong at group/artifact/version/file, with a folder for each part of the group.");
        request.Record.Version = path.Version.Length == 0 ? null : path.Version;
        if (path.IsOfNewest)
        {
            throw Refusal.Validation(
                $"'{path.File}' names no build of the snapshot {path.Folder}: only unique snapshots are kept, such as {path.Package.Name}-{path.Folder[..^MavenSnapshot.Suffix.Length]}-20210728.194552-1.jar. " +
                "Maven 3 and Gradle's maven-publish send them; give other tools a release version.");
        }

        var task = (path.Place, path.Checksum) switch
        {
            (MavenPlace.Asset, null) => PutAssetAsync(context, request, path),
            (MavenPlace.Asset, { } checksum) => PutChecksumAsync(context, request, path, checksum),
            (_, null) => PutMetadataAsync(context, request, path),
            (_, { } checksum) => ReadChecksumAsync(context, path, checksum),
        };
        await task;
        context.Response.StatusCode = path.Checksum is null ? StatusCodes.Status201Created : StatusCodes.Status200OK;
    }

    private async Task PutAssetAsync(HttpContext context, RepositoryRequest request, MavenPath path)
    {
        var cancellation = context.RequestAborted;
        await publishing.DemandPublishableAsync(request.Domain, request.Repository, path.Package, cancellation);
        await using var spool = assets.CreateSpool();
        await ReceiveAsync(context, path, spool);
        var received = spool.Finish();
        var project = path.IsPom ? await ReadPomAsync(path, spool, cancellation) : null;
        var publication = new AssetPublication(path.Package, path.Version, path.File, Unfinished: true)
        {
            Gathered = new GatheredAsset(manifest => MavenManifest.Merge(manifest, project), null, null),
        };
        using (await turns.EnterAsync(request.Repository, path.Package, path.Version, cancellation))
        {
            if (await digests.HeldAsync(request, path.Version, path.File, cancellation) is { Status: PackageVersionStatus.Unfinished } held
                && held.Manifest.IsMismatched(path.File) && !held.Digests.Sha256.AsSpan().SequenceEqual(received.Sha256))
            {
                // Its own publisher said that these bytes are not the file.
                await completion.ForgetAsync(request, path.Version, path.File, cancellation);
            }

            await versions.DemandOpenAsync(request.Domain, request.Repository, publication, received.Sha256, cancellation);
            await assets.StoreAsync(
                request.Domain.Id,
                spool,
                stored => versions.PublishAsync(request.Domain, request.Repository, publication, stored, request.Actor, cancellation),
                cancellation);
        }

        if (path.IsIvyDescriptor)
        {
            await completion.ReleaseAsync(request, [path.Version], cancellation);
        }
    }

    private async Task PutMetadataAsync(HttpContext context, RepositoryRequest request, MavenPath path)
    {
        var metadata = MavenMetadata.Read(await ReadAsync(context, MavenXml.MaxBytes));
        if (metadata.IsOfGroup)
        {
            // Maven tells after each plugin how its group's plugins are called for short, which nothing here depends on.
            return;
        }

        if (!metadata.IsOf(path.Package) || (path.Place is MavenPlace.SnapshotMetadata && metadata.Version is { } said && said != path.Folder))
        {
            throw Refusal.Validation($"The listing is of {metadata.GroupId}:{metadata.ArtifactId} {metadata.Version}, and its address of {MavenFormat.Spell(path.Package)} {path.Folder}.");
        }

        await (path.Place is MavenPlace.ArtifactMetadata
            ? completion.ReleaseAsync(request, metadata.Versions, context.RequestAborted)
            : completion.SnapshotAsync(request, path.Folder, metadata.Build, context.RequestAborted));
    }

    private async Task PutChecksumAsync(HttpContext context, RepositoryRequest request, MavenPath path, MavenChecksum checksum)
    {
        var said = await ReadChecksumAsync(context, path, checksum);
        var held = await digests.HeldAsync(request, path.Version, path.File, context.RequestAborted)
            ?? throw Refusal.NotFound(ResourceType.Asset, path.File, $"{path.File} was not uploaded, so its checksum cannot be compared. Upload the file first.");
        var isRight = checksum.Of(held.Digests) == said;
        var name = path.File + checksum.Suffix();
        if (held.Status is PackageVersionStatus.Unfinished && held.Manifest.Mismatched?.Contains(name) is true == isRight)
        {
            await completion.RememberAsync(request, path.Version, name, isRight, context.RequestAborted);
        }

        if (!isRight)
        {
            throw Refusal.Validation(
                $"{path.File} has the {checksum.Suffix()[1..]} {checksum.Of(held.Digests)} here, and the publisher says {said}. Checksums are lower-case hexadecimal digits. Upload the file and its checksum again.");
        }
    }

    /// <summary>The checksum that the body is. That of a listing is compared with nothing: what was sent is not kept.</summary>
    private static async Task<string> ReadChecksumAsync(HttpContext context, MavenPath path, MavenChecksum checksum)
    {
        var text = System.Text.Encoding.Latin1.GetString(await ReadAsync(context, MaxChecksum)).Trim();
        var end = text.AsSpan().IndexOfAny(' ', '\t', '\n');
        text = end < 0 ? text : text[..end];
        var length = checksum switch { MavenChecksum.Md5 => 32, MavenChecksum.Sha1 => 40, MavenChecksum.Sha256 => 64, _ => 128 };
        return text.Length == length && text.All(char.IsAsciiHexDigit)
            ? text
            : throw Refusal.Validation($"The body is no {checksum.Suffix()[1..]} checksum of {path.File}: it must be {length} hexadecimal digits.");
    }

    private static async Task<MavenProject> ReadPomAsync(MavenPath path, Spool spool, CancellationToken cancellation)
    {
        if (spool.Length > MavenXml.MaxBytes)
        {
            throw Refusal.Validation($"{path.File} has {spool.Length:N0} bytes, and a POM at most {MavenXml.MaxBytes:N0}.");
        }

        var bytes = new byte[spool.Length];
        await using (var stream = spool.OpenRead())
        {
            await stream.ReadExactlyAsync(bytes, cancellation);
        }

        var pom = MavenPom.Read(bytes);
        pom.DemandOf(path);
        return pom.Describe();
    }

    private async Task ReceiveAsync(HttpContext context, MavenPath path, Spool spool)
    {
        // The quota is counted here, because it has a message of its own.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        var body = context.Request;
        if (body.ContentLength > quotas.AssetSize)
        {
            throw TooLarge(path);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (await body.Body.ReadAtLeastAsync(buffer.AsMemory(0, Piece), Piece, throwOnEndOfStream: false, context.RequestAborted) is > 0 and var read)
            {
                if (spool.Length + read > quotas.AssetSize)
                {
                    throw TooLarge(path);
                }

                await spool.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<byte[]> ReadAsync(HttpContext context, int most)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = most;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }

    private Refusal TooLarge(MavenPath path) => Refusal.QuotaExceeded(
        ResourceType.Asset, path.File, $"{path.File} is larger than the {quotas.AssetSize:N0} bytes that a file may have. The operator of this server can raise {Quotas.Key(nameof(Quotas.AssetSize))}.");
}
