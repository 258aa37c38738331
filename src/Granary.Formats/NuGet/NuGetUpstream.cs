using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Packages;
using Granary.Core.Upstreams;

namespace Granary.Formats.NuGet;

/// <summary>
/// How a public source of protocol V3 is read: its service index says where registrations are, a registration says what there is of a package, with its pages
/// where it has some, and each version where its .nupkg is. Where it promises no digest, what comes must be a sound package of that id and version.
/// </summary>
internal sealed class NuGetUpstream : SourceReader
{
    // Pages that are fetched at a time. A package with thousands of versions has a hundred.
    private const int Together = 8;
    private const int MostPages = 1000;

    // With SemVer 2 and compressed first; every source has one of them.
    private static readonly string[] Registrations =
        ["RegistrationsBaseUrl/3.6.0", "RegistrationsBaseUrl/3.4.0", "RegistrationsBaseUrl", "RegistrationsBaseUrl/3.0.0-rc", "RegistrationsBaseUrl/3.0.0-beta"];

    public override string Format => NuGetFormat.FormatName;

    public override string Accept => "application/json";

    public override string DocumentPath(PackageCoordinate package) => $"{package.Name}/index.json";

    public override async ValueTask<Uri> LocateAsync(SourceLinks links, Source source, PackageCoordinate package, CancellationToken cancellation)
    {
        var index = await links.RecallAsync(source, source.Address, cancellation);
        return new Uri(FindRegistrations(source, index), DocumentPath(package));
    }

    public override IAsyncEnumerable<ReadOnlyMemory<byte>>? CompleteAsync(
        SourceLinks links, Source source, PackageCoordinate package, Stream listing, CancellationToken cancellation) =>
        GatherAsync(links, source, package, listing, cancellation);

    public override Task<string?> CheckAsync(PackageCoordinate package, Stream document, CancellationToken cancellation) =>
        NuGetOffers.CheckAsync(package.Name, document, cancellation);

    public override bool Has(ReadOnlyMemory<byte> document, PackageCoordinate package, string version) => NuGetOffers.Has(document, version);

    public override SourceVersion? Find(Source source, ReadOnlyMemory<byte> document, PackageCoordinate package, string version)
    {
        if (NuGetOffers.Find(document, version) is not { } offer)
        {
            return null;
        }

        if (!Uri.TryCreate(offer.Content, UriKind.Absolute, out var address))
        {
            throw Refusal.SourceFailed($"The source lists {package} {version} without the address of its package.");
        }

        var asset = new SourceAsset(NuGetName.Package(package.Name, version), address, NuGetOffers.Promise(offer.Manifest));
        return new SourceVersion(version, offer.PublishedAt, IsLatest: false, [asset]) { Listed = offer.Manifest.ToBytes() };
    }

    public override async Task<GatheredAsset> ReadAsync(SourceVersion version, SourceAsset asset, Digests digests, Stream bytes, CancellationToken cancellation)
    {
        NuGetContent content;
        try
        {
            content = await NuGetPackage.InspectAsync(bytes, NuGetLimits.Default, strict: false, cancellation);
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.Validation or RefusalKind.TooLarge)
        {
            throw Refusal.SourceFailed($"The source's {asset.Name} is not taken: {refusal.Message}", refusal);
        }

        if (NuGetName.Package(content.Id, content.Version) != asset.Name)
        {
            throw Refusal.SourceFailed($"The source's {asset.Name} is the package {content.Id} {content.Version}. Nothing was kept.");
        }

        // The package says more than the registration, but for what has been said of it since.
        var listed = NuGetManifest.Read(version.Listed.Span);
        var manifest = content.Manifest with
        {
            Listed = listed.Listed,
            Deprecation = listed.Deprecation,
            Vulnerabilities = listed.Vulnerabilities,
            PackageHash = Convert.ToBase64String(digests.Sha512),
            PackageHashAlgorithm = "SHA512",
            PackageSize = digests.Size,
        };
        return new GatheredAsset(_ => manifest.ToBytes(), manifest.Summary ?? manifest.Description, content.Readme);
    }

    private static Uri FindRegistrations(Source source, ReadOnlyMemory<byte> index)
    {
        try
        {
            using var json = JsonDocument.Parse(index);
            foreach (var type in Registrations)
            {
                foreach (var resource in json.RootElement.GetProperty("resources").EnumerateArray())
                {
                    if (resource.GetProperty("@type").ValueEquals(type) && Uri.TryCreate(resource.GetProperty("@id").GetString() + "/", UriKind.Absolute, out var found))
                    {
                        return new Uri(found.AbsoluteUri.TrimEnd('/') + "/");
                    }
                }
            }
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Refusal.SourceFailed($"{source.Connection} has no service index of NuGet's protocol V3 at its address, which is shown by: granary connections.", failure);
        }

        throw Refusal.SourceFailed($"The service index of {source.Connection} names no registrations, so nobody can tell which versions there are.");
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> GatherAsync(
        SourceLinks links, Source source, PackageCoordinate package, Stream listing, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var index = await ParseAsync(source, package, listing, cancellation);
        var pages = Items(source, package, index.RootElement);
        if (pages.Count > MostPages)
        {
            throw Refusal.SourceFailed($"{source.Connection} lists {package} on {pages.Count} pages; at most {MostPages} are read.");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        yield return NuGetOffers.Begin(package.Name);
        foreach (var chunk in pages.Chunk(Together))
        {
            foreach (var items in await Task.WhenAll(chunk.Select(page => ItemsAsync(links, source, package, page, cancellation))))
            {
                yield return Offers(package, items, seen);
            }
        }

        yield return "}}"u8.ToArray();
    }

    private static async Task<IReadOnlyList<JsonElement>> ItemsAsync(
        SourceLinks links, Source source, PackageCoordinate package, JsonElement page, CancellationToken cancellation)
    {
        if (page.ValueKind is JsonValueKind.Object && page.TryGetProperty("items", out var inline) && inline.ValueKind is JsonValueKind.Array)
        {
            return [.. inline.EnumerateArray()];
        }

        if (page.ValueKind is not JsonValueKind.Object || !page.TryGetProperty("@id", out var id) || id.ValueKind is not JsonValueKind.String || !Uri.TryCreate(id.GetString(), UriKind.Absolute, out var address))
        {
            throw Refusal.SourceFailed($"{source.Connection} lists {package} with a page that is nowhere.");
        }

        var document = await links.FetchAsync(source, address, cancellation)
            ?? throw Refusal.SourceFailed($"{source.Connection} lists {package} with a page that is not there.");
        try
        {
            // The elements outlive this method, and the document with them.
            return Items(source, package, JsonDocument.Parse(document).RootElement);
        }
        catch (JsonException failure)
        {
            throw Malformed(source, package, failure);
        }
    }

    private static ReadOnlyMemory<byte> Offers(PackageCoordinate package, IReadOnlyList<JsonElement> items, HashSet<string> seen)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var item in items)
        {
            if (NuGetCatalogEntry.Read(package.Name, item) is { } read && seen.Add(read.Version))
            {
                if (seen.Count > 1)
                {
                    output.Write(","u8);
                }

                NuGetOffers.Write(output, read.Version, read.Offer);
            }
        }

        return output.WrittenMemory;
    }

    private static async Task<JsonDocument> ParseAsync(Source source, PackageCoordinate package, Stream listing, CancellationToken cancellation)
    {
        try
        {
            return await JsonDocument.ParseAsync(listing, cancellationToken: cancellation);
        }
        catch (JsonException failure)
        {
            throw Malformed(source, package, failure);
        }
    }

    private static List<JsonElement> Items(Source source, PackageCoordinate package, JsonElement element) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty("items", out var items) && items.ValueKind is JsonValueKind.Array
            ? [.. items.EnumerateArray()]
            : throw Malformed(source, package, null);

    private static Refusal Malformed(Source source, PackageCoordinate package, Exception? failure) =>
        Refusal.SourceFailed($"{source.Connection} sent something else than a registration of {package}.", failure);
}
