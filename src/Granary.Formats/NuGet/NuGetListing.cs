namespace Granary.Formats.NuGet;

/// <summary>One version of a listing.</summary>
/// <param name="read">Reads its manifest, which most listings do not need.</param>
/// <param name="isListed">False for one that is hidden from people and still there for whoever names it.</param>
internal sealed class NuGetListedVersion(Func<NuGetManifest> read, DateTimeOffset? publishedAt, bool isListed)
{
    public NuGetManifest Manifest => field ??= read();

    public DateTimeOffset? PublishedAt => publishedAt;

    public bool IsListed => isListed;
}

internal enum NuGetPart
{
    /// <summary>The versions alone, as restoring needs them.</summary>
    Versions,

    /// <summary>What is known of all versions, in pages.</summary>
    Registration,
}

/// <summary>Which rendering of a package is meant.</summary>
internal readonly record struct NuGetForm(NuGetPart Part, bool Gzip);

/// <summary>A finished listing.</summary>
/// <param name="Documents">The index under the empty name; the pages that are documents of their own under <c>first/last</c>.</param>
/// <param name="Listed">Of a registration: the versions that are not hidden from people, oldest first.</param>
internal sealed record NuGetListing(IReadOnlyDictionary<string, RenderedDocument> Documents, IReadOnlyList<string> Listed)
{
    public RenderedDocument Index => Documents[""];

    /// <summary>Bytes of memory that keeping it takes.</summary>
    public long Size => Documents.Values.Sum(d => d.Size) + (Listed.Count * 48L);
}
