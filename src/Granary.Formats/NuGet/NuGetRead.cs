using Granary.Core;
using Granary.Core.Listings;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.NuGet;

/// <summary>What clients read: versions, registrations, packages and files out of packages.</summary>
internal static class NuGetRead
{
    private const string Json = "application/json";

    public static async Task VersionsAsync(HttpContext context)
    {
        var listing = await ListingAsync(context, NuGetPart.Versions, ContentCodings.TakesGzip(context.Request.Headers.AcceptEncoding));
        await listing.Rendered.Index.SendAsync(context, Json, listing.IsStale);
    }

    public static async Task RegistrationAsync(HttpContext context)
    {
        var listing = await ListingAsync(context, NuGetPart.Registration, ContentCodings.TakesGzip(context.Request.Headers.AcceptEncoding));
        await listing.Rendered.Index.SendAsync(context, Json, listing.IsStale);
    }

    public static async Task PageAsync(HttpContext context)
    {
        var values = context.Request.RouteValues;
        var (first, last) = ((string)values["first"]!, (string)values["last"]!);
        var listing = await ListingAsync(context, NuGetPart.Registration, ContentCodings.TakesGzip(context.Request.Headers.AcceptEncoding));
        // A version that came in between has moved the bounds of the pages: the index says what they are now.
        var page = listing.Rendered.Documents.GetValueOrDefault($"{first}/{last}")
            ?? throw Refusal.NotFound(ResourceType.Package, RepositoryRequest.Of(context).RequiredPackage.Name, $"There is no page from {first} to {last} any more: read the registration's index again.");
        await page.SendAsync(context, Json, listing.IsStale);
    }

    /// <summary>What is known of one version, out of the registration.</summary>
    public static async Task LeafAsync(HttpContext context)
    {
        var request = RepositoryRequest.Of(context);
        var version = NuGetName.VersionOf((string)context.Request.RouteValues["version"]!);
        request.Record.Version = version;
        var listing = await ListingAsync(context, NuGetPart.Registration, gzip: false);
        var address = new NuGetAddresses(request.Address).Leaf(request.RequiredPackage.Name, version);
        foreach (var document in listing.Rendered.Documents.Values)
        {
            if (NuGetRegistration.FindLeaf(document.Bytes, address) is { Length: > 0 } leaf)
            {
                await RenderedDocument.Of(leaf).SendAsync(context, Json, listing.IsStale);
                return;
            }
        }

        throw Refusal.NotFound(ResourceType.PackageVersion, version, $"Version {version} of {request.RequiredPackage.Name} was not found in repository {request.Repository.Name}, its upstreams or their public sources.");
    }

    /// <summary>A file of a version: the package, its symbols, its .nuspec, its readme or its icon.</summary>
    public static Task FileAsync(HttpContext context)
    {
        var request = RepositoryRequest.Of(context);
        var id = request.RequiredPackage.Name;
        var version = NuGetName.VersionOf((string)context.Request.RouteValues["version"]!);
        request.Record.Version = version;
        var asked = (string)context.Request.RouteValues["file"]!;
        var file = asked.ToLowerInvariant();
        if (file == NuGetName.Package(id, version) || file == NuGetName.Symbols(id, version))
        {
            var assets = context.RequestServices.GetRequiredService<AssetResponse>();
            return assets.SendAsync(context, request, request.RequiredPackage, version, file, "application/octet-stream");
        }

        var members = context.RequestServices.GetRequiredService<NuGetFiles>();
        return file switch
        {
            "readme" => members.SendReadmeAsync(context, version),
            "icon" => members.SendIconAsync(context, version),
            _ when file == $"{id}.nuspec" => members.SendNuspecAsync(context, version),
            _ => throw Refusal.NotFound(ResourceType.Asset, asked, $"{asked} is not a file of {id} {version}."),
        };
    }

    private static async Task<Listing<NuGetListing>> ListingAsync(HttpContext context, NuGetPart part, bool gzip)
    {
        var request = RepositoryRequest.Of(context);
        var index = context.RequestServices.GetRequiredService<NuGetIndex>();
        var name = request.RequiredPackage.Name;
        return await index.GetAsync(request, new NuGetForm(part, gzip), context.RequestAborted)
            ?? throw Refusal.NotFound(ResourceType.Package, name, $"Package '{name}' was not found in repository {request.Repository.Name}, its upstreams or their public sources.");
    }
}
