using Granary.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.Npm;

/// <summary>What clients read: packuments, one version's manifest, tarballs, who they are.</summary>
internal static class NpmRead
{
    private const string AbbreviatedType = "application/vnd.npm.install-v1+json";

    public static async Task PackumentAsync(HttpContext context)
    {
        var request = RepositoryRequest.Of(context);
        var abbreviated = WantsAbbreviated(context.Request);
        var listing = await IndexOf(context).GetAsync(request, request.RequiredPackage, new NpmForm(abbreviated, WantsGzip(context.Request)), context.RequestAborted)
            ?? throw NotFound(request);
        await listing.Rendered.SendAsync(context, abbreviated ? AbbreviatedType : "application/json", listing.IsStale, "Accept, Accept-Encoding, Authorization");
    }

    /// <summary><c>GET /name/1.2.3</c> or <c>GET /name/latest</c>: one manifest out of the packument.</summary>
    public static async Task ManifestAsync(HttpContext context)
    {
        var request = RepositoryRequest.Of(context);
        var listing = await IndexOf(context).GetAsync(request, request.RequiredPackage, default, context.RequestAborted)
            ?? throw NotFound(request);
        var document = NpmDocument.Read(listing.Rendered.Bytes);
        var asked = (string)context.Request.RouteValues["version"]!;
        var version = document.Tags.GetValueOrDefault(asked, asked);
        request.Record.Version = version;
        if (!document.Versions.TryGetValue(version, out var manifest))
        {
            throw Refusal.NotFound(ResourceType.PackageVersion, asked, $"version not found: {asked}");
        }

        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "private, no-cache";
        context.Response.ContentLength = manifest.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.BodyWriter.WriteAsync(manifest, context.RequestAborted);
        }
    }

    public static Task TarballAsync(HttpContext context)
    {
        var request = RepositoryRequest.Of(context);
        var package = request.RequiredPackage;
        var file = (string)context.Request.RouteValues["file"]!;
        var version = NpmFormat.NameOf(package).VersionOf(file)
            ?? throw Refusal.NotFound(ResourceType.Asset, file, $"{file} is not the tarball of a version of {NpmFormat.Spell(package)}.");
        request.Record.Version = version;
        var assets = context.RequestServices.GetRequiredService<AssetResponse>();
        return assets.SendAsync(context, request, package, version, NpmFormat.AssetName, "application/octet-stream");
    }

    public static Task PingAsync(HttpContext context) => NpmJson.WriteAsync(context, new NpmPing(), NpmJson.Default.NpmPing);

    public static Task WhoAmIAsync(HttpContext context)
    {
        var arn = RepositoryRequest.Of(context).Principal.Arn;
        return NpmJson.WriteAsync(context, new NpmUser(arn[(arn.LastIndexOf('/') + 1)..]), NpmJson.Default.NpmUser);
    }

    /// <summary>The weight of types is not compared: every client that names the abbreviated form prefers it.</summary>
    private static bool WantsAbbreviated(HttpRequest request) =>
        request.Headers.Accept is [{ } accept, ..] && accept.Contains(AbbreviatedType, StringComparison.Ordinal) && !request.Query.ContainsKey("write");

    private static bool WantsGzip(HttpRequest request) => ContentCodings.TakesGzip(request.Headers.AcceptEncoding);

    private static NpmIndex IndexOf(HttpContext context) => context.RequestServices.GetRequiredService<NpmIndex>();

    private static Refusal NotFound(RepositoryRequest request)
    {
        var name = NpmFormat.Spell(request.RequiredPackage);
        return Refusal.NotFound(ResourceType.Package, name, $"Package '{name}' was not found in repository {request.Repository.Name}, its upstreams or their public sources.");
    }
}
