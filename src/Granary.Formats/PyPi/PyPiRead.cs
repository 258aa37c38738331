using Granary.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.PyPi;

/// <summary>What clients read: project pages, distributions and their metadata.</summary>
internal static class PyPiRead
{
    private const string SimpleVary = "Accept, Accept-Encoding, Authorization";

    /// <summary><c>GET /simple/project/</c>.</summary>
    public static async Task ProjectAsync(HttpContext context)
    {
        var request = RepositoryRequest.Of(context);
        var response = context.Response;
        response.Headers.Vary = SimpleVary;
        var package = request.RequiredPackage;
        if ((string)context.Request.RouteValues["project"]! != package.Name || !context.Request.Path.Value!.EndsWith('/'))
        {
            // PEP 503: names that are not normalised are redirected, and so are addresses without the slash.
            response.Redirect($"{request.Address}simple/{package.Name}/", permanent: true);
            return;
        }

        if (PyPiAccept.TypeOf(context.Request.Headers.Accept) is not { } type)
        {
            response.StatusCode = StatusCodes.Status406NotAcceptable;
            await response.WriteAsync($"This page is to be had as {PyPiAccept.Json}, as {PyPiAccept.Html} and as text/html: name one of them in Accept.", context.RequestAborted);
            return;
        }

        await SendAsync(context, request, type == PyPiAccept.Json ? PyPiView.Json : PyPiView.Html, type);
    }

    /// <summary><c>GET /pypi/project/json</c>, the JSON API.</summary>
    public static Task JsonAsync(HttpContext context) => SendAsync(context, RepositoryRequest.Of(context), PyPiView.Project, "application/json");

    public static Task FileAsync(HttpContext context)
    {
        var request = RepositoryRequest.Of(context);
        var version = request.Record.Version = (string)context.Request.RouteValues["version"]!;
        var file = (string)context.Request.RouteValues["file"]!;
        return file.EndsWith(PyPiMetadataFile.Extension, StringComparison.Ordinal)
            ? context.RequestServices.GetRequiredService<PyPiMetadataFile>().SendAsync(context, request, version, file[..^PyPiMetadataFile.Extension.Length])
            : context.RequestServices.GetRequiredService<AssetResponse>()
                .SendAsync(context, request, request.RequiredPackage, version, file, "application/octet-stream");
    }

    private static async Task SendAsync(HttpContext context, RepositoryRequest request, PyPiView view, string type)
    {
        var index = context.RequestServices.GetRequiredService<PyPiIndex>();
        var form = new PyPiPageForm(view, ContentCodings.TakesGzip(context.Request.Headers.AcceptEncoding));
        var listing = await index.GetAsync(request, form, context.RequestAborted) ?? throw NotFound(request);
        context.Response.Headers.XContentTypeOptions = "nosniff";
        await listing.Rendered.SendAsync(context, type, listing.IsStale, view == PyPiView.Project ? "Accept-Encoding, Authorization" : SimpleVary);
    }

    private static Refusal NotFound(RepositoryRequest request)
    {
        var name = request.RequiredPackage.Name;
        return Refusal.NotFound(ResourceType.Package, name, $"Project '{name}' was not found in repository {request.Repository.Name}, its upstreams or their public sources.");
    }
}
