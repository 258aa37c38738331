using System.Security.Cryptography;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Packages;
using Granary.Core.Upstreams;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Caching.Memory;

namespace Granary.Formats.PyPi;

/// <summary>
/// <c>GET …/name.whl.metadata</c> (PEP 658): the METADATA of a wheel, read out of the stored bytes, so that the two cannot differ; of a wheel that is
/// not kept yet what its index has, if it has the digest that the index promises. Reading it keeps nothing: a version is kept where one of its
/// files is asked for.
/// </summary>
internal sealed class PyPiMetadataFile(PackageSearch search, PackageStamps stamps, SourceListings listings, SourceLinks links, AssetStore assets) : IDisposable
{
    public const string Extension = ".metadata";

    // Bytes, of each of the two.
    private const long Room = 16 << 20;

    // Of kept wheels, for as long as nothing has changed about the package: a resolver asks for them on each of its machines.
    private readonly StampedCache<(long Repository, PackageCoordinate Package, string Version, string File), Metadata> kept = new(stamps, Room);

    // Of wheels that are not kept yet, by the digest that their index promises.
    private readonly MemoryCache fetched = new(new MemoryCacheOptions { SizeLimit = Room });

    /// <exception cref="Refusal">NotFound: no readable version of that number has a wheel of that name. SourceFailed: its index does not have what it promises.</exception>
    public async Task SendAsync(HttpContext context, RepositoryRequest request, string version, string file)
    {
        var key = (request.Repository.Id, request.RequiredPackage, version, file);
        if (await kept.FindAsync(key, request.Domain, request.RequiredPackage, context.RequestAborted) is { } known)
        {
            await SendAsync(context, known.Sha256, _ => Task.FromResult(known.Bytes));
            return;
        }

        var stamp = await stamps.CurrentAsync(request.Domain, request.RequiredPackage, context.RequestAborted);
        var wheel = await FindAsync(request, version, file, context.RequestAborted)
            ?? throw Refusal.NotFound(ResourceType.Asset, file, $"{file} of {request.RequiredPackage} {version} is no wheel that repository {request.Repository.Name} has.");
        await SendAsync(context, wheel.Sha256, async cancellation =>
        {
            var bytes = await wheel.ReadAsync(cancellation);
            if (wheel.IsKept)
            {
                kept.Set(key, new Metadata(wheel.Sha256, bytes), stamp, bytes.Length + 512);
            }

            return bytes;
        });
    }

    public void Dispose()
    {
        kept.Dispose();
        fetched.Dispose();
    }

    private static async Task SendAsync(HttpContext context, string sha256, Func<CancellationToken, Task<ReadOnlyMemory<byte>>> read)
    {
        var (response, etag) = (context.Response, $"\"{sha256}\"");
        if (EntityTags.Match(context.Request.Headers.IfNoneMatch, etag))
        {
            Describe(response, etag);
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        var metadata = await read(context.RequestAborted);
        Describe(response, etag);
        response.ContentType = "application/octet-stream";
        response.ContentLength = metadata.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.BodyWriter.WriteAsync(metadata, context.RequestAborted);
        }
    }

    private static void Describe(HttpResponse response, string etag)
    {
        response.Headers.ETag = etag;
        response.Headers.CacheControl = "private, max-age=31536000, immutable";
        response.Headers.Vary = "Authorization";
        response.Headers.XContentTypeOptions = "nosniff";
    }

    /// <summary>Looks where <see cref="AssetSearch"/> would look for the wheel.</summary>
    private async Task<Wheel?> FindAsync(RepositoryRequest request, string version, string file, CancellationToken cancellation)
    {
        if (PyPiFileName.Parse(file) is not { IsWheel: true } name)
        {
            return null;
        }

        var (domain, package) = (request.Domain, request.RequiredPackage);
        VersionOrigin? origin = null;
        foreach (var step in (await search.PathAsync(domain, request.Repository, package, cancellation)).Steps)
        {
            if (await search.FindVersionAsync(domain, [step], version, cancellation) is { Version: var found })
            {
                if (!found.IsReadable || (origin is not null && origin != found.Origin))
                {
                    return null;
                }

                if (PyPiManifest.Read(found.Manifest).Files.FirstOrDefault(f => f.Name == file) is { } entry)
                {
                    return entry.MetadataSha256 is { } sha256 ? new Wheel(sha256, IsKept: true, then => ReadStoredAsync(domain.Id, name, entry, then)) : null;
                }

                if (found.OriginRepository == step.Repository.Name)
                {
                    return null;
                }

                origin = found.Origin;
            }

            if ((origin is null || origin.Connection == step.Connection)
                && await listings.FindVersionAsync(domain, step, package, version, cancellation) is { } offered
                && PyPiListedVersion.Read(offered.Version.Listed).Files.FirstOrDefault(f => f.File.Name == file) is { File.MetadataSha256: { } promised } listed)
            {
                return new Wheel(promised, IsKept: false, then => FetchAsync(offered.Source, package, listed, then));
            }
        }

        return null;
    }

    private async Task<ReadOnlyMemory<byte>> ReadStoredAsync(long domainId, PyPiFileName name, PyPiFile entry, CancellationToken cancellation)
    {
        var content = await assets.OpenWholeAsync(domainId, Convert.FromHexString(entry.Sha256), entry.Size ?? -1, cancellation);
        await using var stream = await content.OpenAsync(cancellation);
        return await PyPiWheel.ReadMetadataAsync(name, stream, PyPiLimits.Default, cancellation);
    }

    private async Task<ReadOnlyMemory<byte>> FetchAsync(Source source, PackageCoordinate package, PyPiListedFile listed, CancellationToken cancellation)
    {
        var promised = listed.File.MetadataSha256!;
        if (fetched.TryGetValue(promised, out ReadOnlyMemory<byte> known))
        {
            return known;
        }

        var metadata = await links.FetchAsync(source, PyPiUpstream.MetadataAddressOf(source, package, listed), cancellation);
        if (metadata is not { } bytes || Convert.ToHexStringLower(SHA256.HashData(bytes.Span)) != promised)
        {
            throw Refusal.SourceFailed($"{source.Connection} does not have the metadata of {listed.File.Name} that it promises.");
        }

        fetched.Set(promised, bytes, new MemoryCacheEntryOptions { Size = bytes.Length });
        return bytes;
    }

    private sealed record Metadata(string Sha256, ReadOnlyMemory<byte> Bytes);

    private sealed record Wheel(string Sha256, bool IsKept, Func<CancellationToken, Task<ReadOnlyMemory<byte>>> ReadAsync);
}
