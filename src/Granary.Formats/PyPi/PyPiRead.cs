using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Upstreams;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace Granary.Formats.PyPi;

/// <summary>What clients read: project pages and distributions.</summary>
internal static class PyPiRead
{
    private const string Json = "application/vnd.pypi.simple.v1+json";
    private const string Html = "application/vnd.pypi.simple.v1+html";

    private static readonly Dictionary<string, string> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        [Json] = Json,
        ["application/vnd.pypi.simple.latest+json"] = Json,
        [Html] = Html,
        ["application/vnd.pypi.simple.latest+html"] = Html,
        ["text/html"] = "text/html; charset=utf-8",
        ["text/*"] = "text/html; charset=utf-8",
        ["*/*"] = "text/html; charset=utf-8",
    };

    public static async Task ProjectAsync(HttpContext context)
    {
        var request = RepositoryRequest.Of(context);
        var response = context.Response;
        response.Headers.Vary = "Accept, Authorization";
        var package = request.RequiredPackage;
        if ((string)context.Request.RouteValues["project"]! != package.Name)
        {
            // PEP 503: names that are not normalised are redirected.
            response.Redirect($"{request.Address}simple/{package.Name}/", permanent: true);
            return;
        }

        if (TypeOf(context.Request.Headers.Accept) is not { } type)
        {
            response.StatusCode = StatusCodes.Status406NotAcceptable;
            await response.WriteAsync($"This page is to be had as {Json}, as {Html} and as text/html: name one of them in Accept.", context.RequestAborted);
            return;
        }

        var index = context.RequestServices.GetRequiredService<PyPiIndex>();
        var listing = await index.GetAsync(request, type == Json, context.RequestAborted)
            ?? throw Refusal.NotFound(ResourceType.Package, package.Name, $"Project '{package.Name}' was not found in repository {request.Repository.Name} or its upstreams.");
        var page = listing.Rendered;
        response.Headers.ETag = page.ETag;
        response.Headers.CacheControl = "private, no-cache";
        response.Headers.XContentTypeOptions = "nosniff";
        if (EntityTags.Match(context.Request.Headers.IfNoneMatch, page.ETag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = type;
        response.ContentLength = page.Bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.BodyWriter.WriteAsync(page.Bytes, context.RequestAborted);
        }
    }

    public static Task FileAsync(HttpContext context)
    {
        const string MetadataExtension = ".metadata";
        var request = RepositoryRequest.Of(context);
        var version = request.Record.Version = (string)context.Request.RouteValues["version"]!;
        var file = (string)context.Request.RouteValues["file"]!;
        return file.EndsWith(MetadataExtension, StringComparison.Ordinal)
            ? MetadataAsync(context, request, version, file[..^MetadataExtension.Length])
            : context.RequestServices.GetRequiredService<AssetResponse>()
                .SendAsync(context, request, request.RequiredPackage, version, file, "application/octet-stream");
    }

    /// <summary>PEP 658: the METADATA of a wheel, read out of the stored bytes, so that the two cannot differ.</summary>
    private static async Task MetadataAsync(HttpContext context, RepositoryRequest request, string version, string file)
    {
        var search = context.RequestServices.GetRequiredService<AssetSearch>();
        if (PyPiFileName.Parse(file) is not { IsWheel: true } name
            || await search.FindAsync(request.Domain, request.Repository, request.RequiredPackage, version, file, context.RequestAborted) is not { Stored: { } stored })
        {
            throw Refusal.NotFound(ResourceType.Asset, file, $"{file} of {request.RequiredPackage} {version} is no wheel that repository {request.Repository.Name} has.");
        }

        var content = await context.RequestServices.GetRequiredService<AssetStore>().OpenWholeAsync(request.Domain.Id, stored.Sha256, stored.Size, context.RequestAborted);
        await using var stream = content.OpenRead();
        var metadata = await new PyPiWheel(PyPiLimits.Default).ReadAsync(name, stream, context.RequestAborted);
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = metadata.Length;
        context.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        context.Response.Headers.Vary = "Authorization";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.BodyWriter.WriteAsync(metadata, context.RequestAborted);
        }
    }

    /// <summary>The type to answer with: of those that the client takes the one that it prefers, the first of equals; null for none.</summary>
    internal static string? TypeOf(Microsoft.Extensions.Primitives.StringValues accept)
    {
        if (string.IsNullOrWhiteSpace(accept.ToString()))
        {
            return Types["*/*"];
        }

        return MediaTypeHeaderValue.TryParseList([.. accept.OfType<string>()], out var asked)
            ? asked.Where(t => t.Quality is not 0 && Types.ContainsKey(t.MediaType.ToString())).OrderByDescending(t => t.Quality ?? 1).Select(t => Types[t.MediaType.ToString()]).FirstOrDefault()
            : null;
    }
}
