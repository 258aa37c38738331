using Granary.Core.Assets;
using Granary.Core.Packages;

namespace Granary.Core.Upstreams;

/// <summary>How a format's public source is read: which document lists a package, and what it says of a version.</summary>
public abstract class SourceReader
{
    public abstract string Format { get; }

    /// <summary>The Accept header of listing documents.</summary>
    public abstract string Accept { get; }

    /// <summary>Whether a version has several assets, which come one at a time: a version that is kept gains what its origin has more.</summary>
    public virtual bool Gathers => false;

    /// <summary>Whether sources have assets that no listing names. Then <see cref="Find"/> answers also without a listing.</summary>
    public virtual bool HasUnlistedAssets => false;

    /// <summary>
    /// Whether listings name assets on other hosts than their own, as the format's public source does. Such an asset is fetched by https, from the public
    /// internet, without credentials, and only where its SHA-256 or SHA-512 is promised.
    /// </summary>
    public virtual bool AssetsAreElsewhere => false;

    /// <summary>The name of the package's listing document at any source; by default its address relative to the source's own, percent-encoded.</summary>
    public abstract string DocumentPath(PackageCoordinate package);

    /// <summary>Where the package's listing is.</summary>
    /// <exception cref="Refusal">SourceFailed: the source does not say.</exception>
    public virtual ValueTask<Uri> LocateAsync(SourceLinks links, Source source, PackageCoordinate package, CancellationToken cancellation) =>
        new(new Uri(source.Address, DocumentPath(package)));

    /// <summary>
    /// For listings that name further documents: one document made of all of them, in pieces, which is what is checked, kept and read later. Null where a listing
    /// is whole as it comes. Whether it has changed is told by the first document alone.
    /// </summary>
    /// <param name="listing">The listing as it was received, at most 64 MiB.</param>
    public virtual IAsyncEnumerable<ReadOnlyMemory<byte>>? CompleteAsync(
        SourceLinks links, Source source, PackageCoordinate package, Stream listing, CancellationToken cancellation) => null;

    /// <summary>
    /// Reads a document that was just received, as a stream and to its end, and says what is wrong with it; null when it
    /// is a listing of this package. What this refuses is never kept.
    /// </summary>
    public abstract Task<string?> CheckAsync(PackageCoordinate package, Stream document, CancellationToken cancellation);

    /// <summary>Whether the listing has a version.</summary>
    public abstract bool Has(ReadOnlyMemory<byte> document, PackageCoordinate package, string version);

    /// <summary>What the listing says of one version; null when it does not have it.</summary>
    /// <param name="document">Empty where the source has no listing, in formats with <see cref="HasUnlistedAssets"/>.</param>
    /// <exception cref="Refusal">SourceFailed: it has the version, and not where it is or what its bytes must be.</exception>
    public abstract SourceVersion? Find(Source source, ReadOnlyMemory<byte> document, PackageCoordinate package, string version);

    /// <summary>An asset of a version by its name; null where the source has none of that name.</summary>
    public virtual SourceAsset? FindAsset(Source source, PackageCoordinate package, SourceVersion version, string name) =>
        version.Assets.FirstOrDefault(asset => asset.Name == name);

    /// <summary>Reads out of a downloaded asset what is kept with its version.</summary>
    /// <param name="bytes">Seekable, at its beginning.</param>
    /// <exception cref="Refusal">SourceFailed: it is not what the listing says. Nothing is kept.</exception>
    public abstract Task<GatheredAsset> ReadAsync(SourceVersion version, SourceAsset asset, Digests digests, Stream bytes, CancellationToken cancellation);

    /// <summary>The manifest of a version that gains the assets of the same version elsewhere.</summary>
    /// <param name="kept">Its own, before.</param>
    /// <param name="other">That of the one with more assets.</param>
    public virtual byte[] Merge(byte[] kept, byte[] other) => other;
}

/// <summary>A version as a public source describes it.</summary>
/// <param name="Version">The version's own spelling.</param>
/// <param name="PublishedAt">The source's own time of publication, or null.</param>
/// <param name="IsLatest">Whether the source's tag <c>latest</c> points to it; false in formats without tags.</param>
/// <param name="Assets">Every asset that is known, with where it lies and what its bytes must be.</param>
public sealed record SourceVersion(string Version, DateTimeOffset? PublishedAt, bool IsLatest, IReadOnlyList<SourceAsset> Assets)
{
    /// <summary>What the listing says of the version, in the format's own form.</summary>
    public ReadOnlyMemory<byte> Listed { get; init; }
}

/// <summary>An asset of a public source under Granary's name for it, and the digest that its bytes must have.</summary>
/// <param name="Promise">Null where the listing says nothing of the bytes.</param>
public sealed record SourceAsset(string Name, Uri Address, PromisedDigest? Promise)
{
    /// <summary>Where there is no promise: small documents beside the asset that hold a digest of it in hex, the one to be asked for first before the others.</summary>
    public IReadOnlyList<SourceChecksum> Checksums { get; init; } = [];
}

/// <summary>A document beside an asset that holds a digest of it.</summary>
public sealed record SourceChecksum(DigestAlgorithm Algorithm, Uri Address);
