using Granary.Core.Packages;

namespace Granary.Core.Upstreams;

/// <summary>How a format's public source is read: which document lists a package, and what it says of a version.</summary>
public abstract class SourceReader
{
    public abstract string Format { get; }

    /// <summary>The Accept header of listing documents.</summary>
    public abstract string Accept { get; }

    /// <summary>The address of the package's listing document relative to the source's own, percent-encoded.</summary>
    public abstract string DocumentPath(PackageCoordinate package);

    /// <summary>
    /// Reads a document that was just received, as a stream and to its end, and says what is wrong with it; null when it
    /// is a listing of this package. What this refuses is never kept.
    /// </summary>
    public abstract Task<string?> CheckAsync(PackageCoordinate package, Stream document, CancellationToken cancellation);

    /// <summary>Whether the listing has a version.</summary>
    public abstract bool Has(ReadOnlyMemory<byte> document, PackageCoordinate package, string version);

    /// <summary>What the listing says of one version; null when it does not have it.</summary>
    /// <exception cref="Refusal">SourceFailed: it has the version, and not where it is or what its bytes must be.</exception>
    public abstract SourceVersion? Find(ReadOnlyMemory<byte> document, PackageCoordinate package, string version);

    /// <summary>Reads the readme and whatever else is kept apart out of a version's downloaded asset.</summary>
    public abstract Task<string?> ReadReadmeAsync(Stream asset, CancellationToken cancellation);
}

/// <summary>A version as a public source describes it.</summary>
/// <param name="Version">The version's own spelling.</param>
/// <param name="Manifest">What the format's listings need of it, as it will be kept with the version.</param>
/// <param name="Summary">One line for a person, or null.</param>
/// <param name="PublishedAt">The source's own time of publication, or null.</param>
/// <param name="IsLatest">Whether the source's tag <c>latest</c> points to it; false in formats without tags.</param>
/// <param name="Assets">Every asset, with where it lies and what its bytes must be.</param>
public sealed record SourceVersion(string Version, byte[] Manifest, string? Summary, DateTimeOffset? PublishedAt, bool IsLatest, IReadOnlyList<SourceAsset> Assets);

/// <summary>An asset of a public source under Granary's name for it, and the digest that its bytes must have.</summary>
public sealed record SourceAsset(string Name, Uri Address, PromisedDigest Promise);
