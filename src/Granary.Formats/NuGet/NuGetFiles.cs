using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Upstreams;
using Microsoft.AspNetCore.Http;

namespace Granary.Formats.NuGet;

/// <summary>Sends single files out of packages: what the .nuspec says, what it names as readme, what it names as icon.</summary>
internal sealed class NuGetFiles(AssetSearch search, AssetStore assets)
{
    public async Task SendNuspecAsync(HttpContext context, string version)
    {
        await using var package = await OpenAsync(context, version);
        await SendAsync(context, await NuspecAsync(context, version, package), "application/xml");
    }

    public async Task SendReadmeAsync(HttpContext context, string version)
    {
        await using var package = await OpenAsync(context, version);
        var manifest = NuGetNuspec.Read(await NuspecAsync(context, version, package), strict: false);
        var readme = await MemberAsync(context, package, manifest.ReadmeFile, NuGetLimits.Default.ReadmeBytes);
        await SendAsync(context, readme ?? throw Absent(context, version, "readme"), "text/markdown; charset=utf-8");
    }

    public async Task SendIconAsync(HttpContext context, string version)
    {
        await using var package = await OpenAsync(context, version);
        var manifest = NuGetNuspec.Read(await NuspecAsync(context, version, package), strict: false);
        var icon = await MemberAsync(context, package, manifest.IconFile, NuGetLimits.Default.IconBytes);
        // Whatever it is called: only what is an image is sent as one.
        var type = icon switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => "image/png",
            [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
            _ => throw Absent(context, version, "icon"),
        };
        await SendAsync(context, icon, type);
    }

    private static async Task<byte[]> NuspecAsync(HttpContext context, string version, Stream package) =>
        await NuGetMember.ReadAsync(package, NuGetPackage.IsNuspec, NuGetLimits.Default.NuspecBytes, context.RequestAborted)
            ?? throw Absent(context, version, ".nuspec");

    private static async Task<byte[]?> MemberAsync(HttpContext context, Stream package, string? path, int most) =>
        path is null ? null : await NuGetMember.ReadAsync(package, path, most, context.RequestAborted);

    private static Refusal Absent(HttpContext context, string version, string what) =>
        Refusal.NotFound(ResourceType.Asset, what, $"{RepositoryRequest.Of(context).RequiredPackage.Name} {version} has no {what}.");

    /// <summary>The package's bytes, from wherever it is found, fetched first if need be.</summary>
    private async Task<Stream> OpenAsync(HttpContext context, string version)
    {
        var request = RepositoryRequest.Of(context);
        var (package, cancellation) = (request.RequiredPackage, context.RequestAborted);
        var name = NuGetName.Package(package.Name, version);
        while (true)
        {
            var found = await search.FindAsync(request.Domain, request.Repository, package, version, name, cancellation)
                ?? throw Refusal.NotFound(ResourceType.PackageVersion, version, $"Version {version} of {package.Name} was not found in repository {request.Repository.Name} or its upstreams.");
            if (found.Stored is { } stored)
            {
                return await (await assets.OpenWholeAsync(request.Domain.Id, stored.Sha256, stored.Size, cancellation)).OpenAsync(cancellation);
            }

            await using var download = found.Arriving!;
            if (!(await download.Began.WaitAsync(cancellation)).IsSuperseded)
            {
                await download.Completion.WaitAsync(cancellation);
            }

            // Stored by now, so that it is found the next time.
        }
    }

    private static Task SendAsync(HttpContext context, byte[] bytes, string contentType)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        return RenderedDocument.Of(bytes).SendAsync(context, contentType, vary: "Authorization");
    }
}
