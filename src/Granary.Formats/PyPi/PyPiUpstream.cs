using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Granary.Core;
using Granary.Core.Assets;
using Granary.Core.Packages;
using Granary.Core.Upstreams;

namespace Granary.Formats.PyPi;

/// <summary>How a public Python index is read: one page for each project, in JSON where the index has it, files by the addresses in it.</summary>
internal sealed class PyPiUpstream : SourceReader
{
    public override string Format => PyPiFormat.FormatName;

    public override string Accept => $"{PyPiAccept.Json}, {PyPiAccept.Html};q=0.2, text/html;q=0.1";

    public override bool Gathers => true;

    // The public index keeps its files on a host of their own.
    public override bool AssetsAreElsewhere => true;

    public override string DocumentPath(PackageCoordinate package) => $"{package.Name}/";

    public override IAsyncEnumerable<ReadOnlyMemory<byte>>? CompleteAsync(
        SourceLinks links, Source source, PackageCoordinate package, Stream listing, CancellationToken cancellation) => ConvertAsync(source, package, listing, cancellation);

    public override async Task<string?> CheckAsync(PackageCoordinate package, Stream document, CancellationToken cancellation)
    {
        var listing = await JsonSerializer.DeserializeAsync(document, PyPiJson.Default.PyPiListing, cancellation);
        return listing?.Project == package.Name ? null : $"it is of project {listing?.Project}.";
    }

    public override bool Has(ReadOnlyMemory<byte> document, PackageCoordinate package, string version) =>
        PyPiVersion.Parse(version) is { } asked && PyPiListing.Read(document).Versions.Any(v => PyPiVersion.Parse(v.Version)?.CompareTo(asked) == 0);

    public override SourceVersion? Find(Source source, ReadOnlyMemory<byte> document, PackageCoordinate package, string version)
    {
        if (PyPiListing.Read(document).Versions.FirstOrDefault(v => v.Version == version) is not { } listed)
        {
            return null;
        }

        var assets = listed.Files.Select(file => AssetOf(source, package, file)).OfType<SourceAsset>();
        return new SourceVersion(version, listed.Files.Min(file => file.File.UploadTime), false, [.. assets]) { Listed = listed.Write() };
    }

    public override async Task<GatheredAsset> ReadAsync(SourceVersion version, SourceAsset asset, Digests digests, Stream bytes, CancellationToken cancellation)
    {
        var listed = PyPiListedVersion.Read(version.Listed).Files.First(file => file.File.Name == asset.Name).File;
        var (metadata, sha256) = await TryDescribeAsync(asset.Name, bytes, cancellation);
        var file = listed with { Size = digests.Size, MetadataSha256 = sha256 };
        return new GatheredAsset(before => PyPiManifest.With(before, metadata, file), metadata?.Summary, metadata?.Description);
    }

    public override byte[] Merge(byte[] kept, byte[] other) => PyPiManifest.Read(kept).Gather(PyPiManifest.Read(other)).Write();

    /// <summary>Where an index has the metadata of a wheel (PEP 658): on its own host, or by https on another.</summary>
    /// <exception cref="Refusal">SourceFailed: neither.</exception>
    public static Uri MetadataAddressOf(Source source, PackageCoordinate package, PyPiListedFile file)
    {
        if (AddressOf(source, package, file.Address) is not { } wheel)
        {
            throw Refusal.SourceFailed($"{source.Connection} names no address of {file.File.Name}.");
        }

        var address = new UriBuilder(wheel) { Path = wheel.AbsolutePath + PyPiMetadataFile.Extension, Query = "", Fragment = "", UserName = "", Password = "" };
        if (string.Equals(wheel.IdnHost, source.Address.IdnHost, StringComparison.OrdinalIgnoreCase))
        {
            (address.Scheme, address.Port) = (source.Address.Scheme, source.Address.Port);
            return address.Uri;
        }

        return wheel is { Scheme: "https", UserInfo: "" } && !(IPAddress.TryParse(wheel.IdnHost, out var literal) && !PublicAddress.Is(literal))
            ? address.Uri
            : throw Refusal.SourceFailed($"{source.Connection} has {file.File.Name} at an address that is not fetched from.");
    }

    // Relative addresses are relative to the project's page.
    private static Uri? AddressOf(Source source, PackageCoordinate package, string address) =>
        Uri.TryCreate(new Uri(source.Address, $"{package.Name}/"), address, out var absolute) ? absolute : null;

    private static SourceAsset? AssetOf(Source source, PackageCoordinate package, PyPiListedFile file) =>
        AddressOf(source, package, file.Address) is { } address
            ? new SourceAsset(file.File.Name, address, new PromisedDigest(DigestAlgorithm.Sha256, [Convert.FromHexString(file.File.Sha256)]))
            : null;

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> ConvertAsync(
        Source source, PackageCoordinate package, Stream listing, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var page = new MemoryStream();
        await listing.CopyToAsync(page, cancellation);
        yield return Listing(source, package, page.GetBuffer().AsMemory(0, (int)page.Length)).Write();
    }

    private static PyPiListing Listing(Source source, PackageCoordinate package, ReadOnlyMemory<byte> page)
    {
        if (page.Span.TrimStart(" \t\r\n"u8).StartsWith("{"u8))
        {
            try
            {
                var (name, files) = PyPiSourceJson.Read(page) ?? throw NoListing(source, package);
                return PyPiName.Normalize(name) == package.Name ? PyPiListing.Of(package.Name, files) : throw NoListing(source, package);
            }
            catch (Exception broken) when (broken is JsonException or InvalidOperationException)
            {
                // The second, where a text has half of a surrogate pair.
                throw NoListing(source, package);
            }
        }

        return PyPiSourceHtml.Read(Encoding.UTF8.GetString(page.Span)) is { } anchors ? PyPiListing.Of(package.Name, anchors) : throw NoListing(source, package);
    }

    private static Refusal NoListing(Source source, PackageCoordinate package) =>
        Refusal.SourceFailed($"{source.Connection} sent something else than the page of {package}.");

    /// <summary>What a file says of itself. The public has files that are worse than what may be published here, and they are served all the same.</summary>
    private static async Task<(PyPiMetadata? Metadata, string? Sha256)> TryDescribeAsync(string name, Stream bytes, CancellationToken cancellation)
    {
        if (PyPiFileName.Parse(name) is not { } file)
        {
            return (null, null);
        }

        try
        {
            var metadata = file.IsWheel
                ? await PyPiWheel.ReadMetadataAsync(file, bytes, PyPiLimits.Default, cancellation)
                : await new PyPiSdist(PyPiLimits.Default).ReadAsync(file, bytes, cancellation);
            return (TryRead(metadata), file.IsWheel ? Convert.ToHexStringLower(SHA256.HashData(metadata)) : null);
        }
        catch (Refusal)
        {
            return (null, null);
        }
    }

    private static PyPiMetadata? TryRead(byte[] metadata)
    {
        try
        {
            return PyPiMetadata.Read(metadata);
        }
        catch (Refusal)
        {
            return null;
        }
    }
}
