using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Encryption;
using Granary.Core.Packages;
using Granary.Core.Upstreams;
using Granary.Core.Usage;
using Granary.Formats;
using Granary.Server.ControlPlane.Responses;
using Granary.Server.Hosting;

namespace Granary.Server.ControlPlane;

/// <summary>Assets of a version: their digests and their bytes.</summary>
internal static class AssetOperations
{
    // Each takes an overwriting copy between two reads.
    private const int MostAttempts = 5;

    private const int PageSize = 100;

    public static async Task<IResult> ListAsync(Call call)
    {
        var page = call.Page(PageSize);
        var (version, rows) = await call.VersionWithAsync(v => call.Service<PackageQueries>().ListAssetsAsync(v, page.After?[0], page.Take, call.Cancellation));
        var (assets, next) = page.Cut(rows, a => [a.Name]);
        return ControlPlaneJson.Ok(new ListAssetsResponse(
            call.Package.Format,
            PackageOperations.NamespaceOf(call.Package),
            call.Package.Name,
            version.Version,
            version.Revision,
            next,
            [.. assets.Select(a => new AssetSummary(a.Name, a.Size, Hashes(a)))]));
    }

    public static async Task<IResult> GetAsync(Call call)
    {
        var name = call.Query.Required("asset", Shapes.AssetName);
        var version = await call.VersionAsync();
        for (var attempt = 1; ; attempt++)
        {
            Demand(call, version, name);
            if (await call.Service<PackageQueries>().FindAssetAsync(version, name, call.Cancellation) is { } asset)
            {
                await call.Service<DomainKeys>().DemandAsync(version.DomainId, call.Cancellation);
                RequestTrail.Of(call.Context)?.Served = new ServedAsset(call.Package, version.Version, name, asset.Size, version.OriginConnection is not null);
                return new AssetAnswer(call.Service<AssetResponse>(), new LocatedAsset(asset.Sha256, asset.Size), name, version);
            }

            // A copy may have put another version in its place since it was read.
            var before = version;
            version = await call.VersionAsync();
            if ((version.Id, version.Revision) == (before.Id, before.Revision) || attempt == MostAttempts)
            {
                throw NotFound(name, $"Version {version.Version} of {call.Package} has no asset '{name}'.");
            }
        }
    }

    private static void Demand(Call call, PackageVersion version, string name)
    {
        var revision = call.Query.Optional("revision", Shapes.PackageVersionRevision);
        if (revision is not null && revision != version.Revision)
        {
            throw NotFound(name, $"Version {version.Version} of {call.Package} has no revision {revision}; its revision is {version.Revision}.");
        }

        if (version.Status is PackageVersionStatus.Archived or PackageVersionStatus.Disposed)
        {
            throw NotFound(name, $"Version {version.Version} of {call.Package} is {version.Status}: its assets cannot be read.");
        }
    }

    public static AssetSummary Summarise(string name, Digests digests) =>
        new(name, digests.Size, Hashes(new AssetLine(name, digests.Size, digests.Md5, digests.Sha1, digests.Sha256, digests.Sha512)));

    private static Dictionary<string, string> Hashes(AssetLine asset) => new(StringComparer.Ordinal)
    {
        ["MD5"] = Convert.ToHexStringLower(asset.Md5),
        ["SHA-1"] = Convert.ToHexStringLower(asset.Sha1),
        ["SHA-256"] = Convert.ToHexStringLower(asset.Sha256),
        ["SHA-512"] = Convert.ToHexStringLower(asset.Sha512),
    };

    private static Refusal NotFound(string name, string message) => Refusal.NotFound(ResourceType.Asset, name, message);

    /// <summary>As CodeArtifact sends it, and beyond that with an ETag and in ranges, so that a download of gigabytes which broke off goes on.</summary>
    private sealed class AssetAnswer(AssetResponse assets, LocatedAsset asset, string name, PackageVersion version) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.ContentType = "application/octet-stream";
            response.Headers.XContentTypeOptions = "nosniff";
            // Names of generic assets may be of any alphabet, headers are ASCII.
            response.Headers["X-AssetName"] = Ascii(name);
            response.Headers["X-PackageVersion"] = Ascii(version.Version);
            response.Headers["X-PackageVersionRevision"] = version.Revision;
            return assets.SendStoredAsync(httpContext, version.DomainId, asset);
        }

        private static string Ascii(string text) => System.Text.Ascii.IsValid(text) ? text : Uri.EscapeDataString(text);
    }
}
