using System.Globalization;
using Granary.Core.Assets;
using Granary.Core.Packages;
using Granary.Core.Upstreams;
using Granary.Core.Usage;
using Microsoft.AspNetCore.Http;

namespace Granary.Formats;

/// <summary>
/// Sends an asset, from memory, from storage or as it arrives: ETag (its SHA-256), ranges, 304, HEAD. A version's bytes
/// never change, so clients may keep them; they are for the one who asked and never for a shared cache.
/// </summary>
public sealed class AssetResponse(AssetStore assets, AssetSearch search, HotAssets hot)
{
    private const string CacheControl = "private, max-age=31536000, immutable";

    public async Task SendAsync(HttpContext context, RepositoryRequest request, PackageCoordinate package, string version, string name, string contentType)
    {
        var response = context.Response;
        response.ContentType = contentType;
        response.Headers.CacheControl = CacheControl;
        response.Headers.Vary = "Authorization";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        while (!await TrySendAsync(context, request, package, version, name))
        {
            // It was stored while it was looked for; what is stored is found the next time.
        }
    }

    private async Task<bool> TrySendAsync(HttpContext context, RepositoryRequest request, PackageCoordinate package, string version, string name)
    {
        var found = await search.FindAsync(request.Domain, request.Repository, package, version, name, context.RequestAborted)
            ?? throw Core.Refusal.NotFound(Core.ResourceType.Asset, name, $"{name} of {package} {version} was not found in repository {request.Repository.Name} or its upstreams.");
        if (found.Stored is { } stored)
        {
            request.Record.Served = new ServedAsset(package, version, name, stored.Size, stored.IsFromSource);
            await SendStoredAsync(context, request.Domain.Id, stored, redirects: true);
            return true;
        }

        await using var download = found.Arriving!;

        // Until the source has begun to answer, a refusal can still be a proper answer.
        var start = await download.Began.WaitAsync(context.RequestAborted);
        if (start.IsSuperseded)
        {
            return false;
        }

        Telemetry.Looked(CacheLookup.AssetFromSource);
        request.Record.Served = new ServedAsset(package, version, name, start.Length ?? 0, IsSaved: false);
        context.Response.ContentLength = start.Length;
        await SendArrivingAsync(context, request, package, version, download);
        request.Record.Served = request.Record.Served with { Size = download.Spool.Length };
        return true;
    }

    /// <summary>The bytes of an asset that is stored, as the conditions of the request have them. Other headers are the caller's.</summary>
    /// <param name="redirects">Whether the client follows a redirect to another host: package managers do, AWS's SDKs do not.</param>
    public async Task SendStoredAsync(HttpContext context, long domainId, LocatedAsset asset, bool redirects = false)
    {
        var etag = $"\"{Convert.ToHexStringLower(asset.Sha256)}\"";
        context.Response.Headers.ETag = etag;
        context.Response.Headers.AcceptRanges = "bytes";
        if (EntityTags.Match(context.Request.Headers.IfNoneMatch, etag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var range = ByteRange.Of(context.Request, etag, asset.Size);
        if (range is { Satisfiable: false })
        {
            context.Response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            context.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{asset.Size}");
            return;
        }

        var (offset, count) = range is { } part ? (part.Offset, part.Count) : (0, asset.Size);
        if (range is not null)
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {offset}-{offset + count - 1}/{asset.Size}");
        }

        context.Response.ContentLength = count;
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        if (await hot.FindAsync(domainId, asset, context.RequestAborted) is { } bytes)
        {
            Telemetry.Looked(CacheLookup.AssetInMemory);
            await context.Response.BodyWriter.WriteAsync(bytes.Slice((int)offset, (int)count), context.RequestAborted);
            return;
        }

        Telemetry.Looked(CacheLookup.AssetInStorage);
        var content = await assets.OpenWholeAsync(domainId, asset.Sha256, asset.Size, context.RequestAborted);
        if (redirects && !IsConditional(context.Request) && await content.AddressAsync() is { } address)
        {
            Redirect(context.Response, address);
            return;
        }

        await SendContentAsync(context, content, asset, offset, count);
    }

    private static bool IsConditional(HttpRequest request) =>
        request.Headers is not { IfNoneMatch.Count: 0, IfMatch.Count: 0, IfRange.Count: 0, IfModifiedSince.Count: 0, IfUnmodifiedSince.Count: 0 };

    private static void Redirect(HttpResponse response, Uri address)
    {
        response.Headers.Clear();
        // The address is good for minutes, whatever the bytes are good for.
        response.Headers.CacheControl = "private, no-store";
        response.Headers.Location = address.AbsoluteUri;
        response.StatusCode = StatusCodes.Status307TemporaryRedirect;
        response.ContentLength = 0;
    }

    private static async Task SendContentAsync(HttpContext context, AssetContent content, LocatedAsset asset, long offset, long count)
    {
        var response = context.Response;
        if (content.Path is not null)
        {
            try
            {
                await response.SendFileAsync(content.Path, offset, count, context.RequestAborted);
                return;
            }
            catch (FileNotFoundException) when (!response.HasStarted)
            {
                // Deleted since: the bytes lie under another key by now, or nowhere.
            }
        }

        if (count < asset.Size)
        {
            await content.CopyToAsync(response.Body, offset, count, context.RequestAborted);
        }
        else
        {
            await content.CopyVerifiedAsync(response.Body, asset.Sha256, context.RequestAborted);
        }
    }

    private async Task SendArrivingAsync(HttpContext context, RepositoryRequest request, PackageCoordinate package, string version, Download download)
    {
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        await download.CopyToAsync(context.Response.BodyWriter, RetainAsync, context.RequestAborted);

        Task RetainAsync(Digests digests) =>
            search.RetainAsync(request.Domain, request.Repository, package, version, download.Into, context.RequestAborted);
    }
}
