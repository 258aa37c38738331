using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Upstreams;
using Microsoft.AspNetCore.Http;

namespace Granary.Formats.PyPi;

/// <summary>
/// <c>GET …/name.whl.metadata</c> (PEP 658): the METADATA of a wheel, read out of the stored bytes, so that the two cannot differ. Reading it
/// keeps nothing: a version is kept where one of its files is asked for.
/// </summary>
internal sealed class PyPiMetadataFile(PackageSearch search, AssetStore assets)
{
    public const string Extension = ".metadata";

    /// <exception cref="Refusal">NotFound: no readable version of that number has a wheel of that name.</exception>
    public async Task SendAsync(HttpContext context, RepositoryRequest request, string version, string file)
    {
        var (name, entry) = await FindAsync(request, version, file, context.RequestAborted)
            ?? throw Refusal.NotFound(ResourceType.Asset, file, $"{file} of {request.RequiredPackage} {version} is no wheel that repository {request.Repository.Name} has.");
        var (response, etag) = (context.Response, $"\"{entry.MetadataSha256}\"");
        response.Headers.ETag = etag;
        response.Headers.CacheControl = "private, max-age=31536000, immutable";
        response.Headers.Vary = "Authorization";
        response.Headers.XContentTypeOptions = "nosniff";
        if (EntityTags.Match(context.Request.Headers.IfNoneMatch, etag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var content = await assets.OpenWholeAsync(request.Domain.Id, Convert.FromHexString(entry.Sha256), entry.Size ?? -1, context.RequestAborted);
        await using var stream = content.OpenRead();
        var metadata = await PyPiWheel.ReadMetadataAsync(name, stream, PyPiLimits.Default, context.RequestAborted);
        response.ContentType = "application/octet-stream";
        response.ContentLength = metadata.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.BodyWriter.WriteAsync(metadata, context.RequestAborted);
        }
    }

    private async Task<(PyPiFileName Name, PyPiFile Entry)?> FindAsync(RepositoryRequest request, string version, string file, CancellationToken cancellation)
    {
        if (PyPiFileName.Parse(file) is not { IsWheel: true } name)
        {
            return null;
        }

        var path = await search.PathAsync(request.Domain, request.Repository, request.RequiredPackage, cancellation);
        return await search.FindVersionAsync(request.Domain, path.Steps, version, cancellation) is { Version: { IsReadable: true } found }
            && PyPiManifest.Read(found.Manifest).Files.FirstOrDefault(f => f.Name == file) is { MetadataSha256: not null } entry
                ? (name, entry)
                : null;
    }
}
