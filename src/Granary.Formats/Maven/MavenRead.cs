using System.Text;
using Granary.Core;
using Granary.Core.Assets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.Maven;

/// <summary>What clients read: files, listings, and the checksums of both.</summary>
internal static class MavenRead
{
    private const string Vary = "Authorization";

    public static async Task GetAsync(HttpContext context)
    {
        var request = RepositoryRequest.Of(context);
        var path = MavenPath.Parse(MavenFormat.PathOf(context.Request.RouteValues))
            ?? throw Refusal.NotFound("address", "", "Nothing is at this address: folders are not listed. Files are at group/artifact/version/file, with a folder for each part of the group.");
        if (path.Folder.Length > 0)
        {
            request.Record.Version = path.Version;
        }

        await (path.Place switch
        {
            MavenPlace.ArtifactMetadata => ArtifactAsync(context, request, path),
            MavenPlace.SnapshotMetadata => SnapshotAsync(context, request, path),
            _ => FileAsync(context, request, path),
        });
    }

    private static async Task ArtifactAsync(HttpContext context, RepositoryRequest request, MavenPath path)
    {
        var listing = await context.RequestServices.GetRequiredService<MavenIndex>().GetAsync(request, path.Package, context.RequestAborted)
            ?? throw Refusal.NotFound(
                ResourceType.Package, MavenFormat.Spell(path.Package), $"{MavenFormat.Spell(path.Package)} was not found in repository {request.Repository.Name}, its upstreams or their public sources.");
        await SendAsync(context, listing.Rendered, path.Checksum, listing.IsStale);
    }

    private static async Task SnapshotAsync(HttpContext context, RepositoryRequest request, MavenPath path) =>
        await SendAsync(context, (await NewestAsync(context, request, path)).Listing, path.Checksum);

    private static async Task FileAsync(HttpContext context, RepositoryRequest request, MavenPath path)
    {
        var (version, file) = (path.Version, path.File);
        if (path.IsOfNewest)
        {
            var found = await NewestAsync(context, request, path);
            version = found.Holder;
            file = $"{path.Package.Name}-{found.Build.Version}{path.File[$"{path.Package.Name}-{path.Folder}".Length..]}";
            request.Record.Version = version;
        }
        else if (MavenSnapshot.IsFolder(path.Folder) && await FindNewestAsync(context, request, path) is { } newest && newest.Holder == path.Folder && newest.Build.Version == version)
        {
            // A copy of the snapshot alone has the files under its own version.
            version = newest.Holder;
        }

        if (path.Checksum is not { } checksum)
        {
            await context.RequestServices.GetRequiredService<AssetResponse>().SendAsync(context, request, path.Package, version, file, ContentType(file));
            return;
        }

        var digests = await context.RequestServices.GetRequiredService<MavenDigests>().FindAsync(request, version, file, context.RequestAborted)
            ?? throw Refusal.NotFound(ResourceType.Asset, file, $"{file} of {MavenFormat.Spell(path.Package)} {version} was not found in repository {request.Repository.Name} or its upstreams.");
        await SendAsync(context, digests, checksum);
    }

    private static async Task<MavenNewest> NewestAsync(HttpContext context, RepositoryRequest request, MavenPath path) =>
        await FindNewestAsync(context, request, path)
        ?? throw Refusal.NotFound(
            ResourceType.PackageVersion, path.Folder, $"No build of {MavenFormat.Spell(path.Package)} {path.Folder} was found in repository {request.Repository.Name} or its upstreams.");

    private static Task<MavenNewest?> FindNewestAsync(HttpContext context, RepositoryRequest request, MavenPath path) =>
        context.RequestServices.GetRequiredService<MavenSnapshots>().FindAsync(request.Domain, request.Repository, path.Package, path.Folder, context.RequestAborted);

    private static Task SendAsync(HttpContext context, MavenListing listing, MavenChecksum? checksum, bool isStale = false) => checksum is { } one
        ? SendAsync(context, listing.Digests, one, isStale)
        : new RenderedDocument(listing.Bytes, listing.ETag).SendAsync(context, "text/xml", isStale, Vary);

    private static Task SendAsync(HttpContext context, Digests digests, MavenChecksum checksum, bool isStale = false) =>
        new RenderedDocument(Encoding.ASCII.GetBytes(checksum.Of(digests)), $"\"{digests.Sha256Hex}{checksum.Suffix()}\"").SendAsync(context, "text/plain", isStale, Vary);

    private static string ContentType(string file) => Path.GetExtension(file) switch
    {
        ".pom" or ".xml" => "text/xml",
        ".jar" => "application/java-archive",
        ".module" => "application/json",
        ".asc" => "text/plain",
        _ => "application/octet-stream",
    };
}
