using Granary.Core.Domains;
using Granary.Core.Packages;

namespace Granary.Core.Upstreams;

/// <summary>A version that a public source offers, and how to get it.</summary>
public sealed record OfferedVersion(Source Source, SourceReader Reader, SourceVersion Version)
{
    /// <summary>The asset, or null where the source has none of that name.</summary>
    public SourceAsset? FindAsset(PackageCoordinate package, string name) => Reader.FindAsset(Source, package, Version, name);
}

/// <summary>Joins the steps of a search to what their public sources list.</summary>
public sealed class SourceListings(SourceDocuments documents, SourceReaders readers, FindSource findSource)
{
    /// <summary>The listing of the step's source, or null where the step has none or the server knows no address for it.</summary>
    /// <exception cref="Refusal">The source cannot be asked and has never answered before.</exception>
    public async ValueTask<SourceListing?> GetAsync(DomainSnapshot domain, SearchStep step, PackageCoordinate package, CancellationToken cancellation)
    {
        if (step.Connection is null || readers.Find(package.Format) is not { } reader || await findSource(step.Connection, cancellation) is not { } source)
        {
            return null;
        }

        return await documents.GetAsync(domain.Id, source, reader, package, cancellation);
    }

    /// <summary>How the format's sources are read; null for a format without any.</summary>
    public SourceReader? ReaderOf(PackageCoordinate package) => readers.Find(package.Format);

    /// <summary>The document of a listing; null when it was replaced since, and the listing must be asked for again.</summary>
    public Task<ReadOnlyMemory<byte>?> ReadAsync(string storageKey, CancellationToken cancellation) => documents.ReadAsync(storageKey, cancellation);

    /// <summary>What the step's source says of one version; null when it has no such version.</summary>
    /// <exception cref="Refusal">The source cannot be asked, or lists the version without what is needed to fetch it.</exception>
    public async Task<OfferedVersion?> FindVersionAsync(DomainSnapshot domain, SearchStep step, PackageCoordinate package, string version, CancellationToken cancellation)
    {
        if (step.Connection is null || readers.Find(package.Format) is not { } reader)
        {
            return null;
        }

        var (document, _) = await ReadAsync(domain, step, package, cancellation);
        if ((document is null && !reader.HasUnlistedAssets) || await findSource(step.Connection, cancellation) is not { } source)
        {
            return null;
        }

        return reader.Find(source, document ?? default, package, version) is { } found ? new OfferedVersion(source, reader, found) : null;
    }

    /// <summary>Whether the step's source lists a version, well or not.</summary>
    /// <exception cref="Refusal">The source cannot be asked, and did not list the version when it was asked last: it may by now.</exception>
    public async Task<bool> HasVersionAsync(DomainSnapshot domain, SearchStep step, PackageCoordinate package, string version, CancellationToken cancellation)
    {
        var (document, isStale) = await ReadAsync(domain, step, package, cancellation);
        if (document is { } known && readers.Find(package.Format)!.Has(known, package, version))
        {
            return true;
        }

        return isStale ? throw Refusal.SourceFailed($"{step.Connection} does not answer, and what it said of {package} before may have changed.") : false;
    }

    private async Task<(ReadOnlyMemory<byte>? Document, bool IsStale)> ReadAsync(DomainSnapshot domain, SearchStep step, PackageCoordinate package, CancellationToken cancellation)
    {
        // Twice, because a listing may be replaced between the look at it and the opening of its bytes.
        for (var tries = 0; tries < 2; tries++)
        {
            var listing = await GetAsync(domain, step, package, cancellation);
            if (listing?.StorageKey is not { } key)
            {
                return (null, listing?.IsStale ?? false);
            }

            if (await documents.ReadAsync(key, cancellation) is { } document)
            {
                return (document, listing.IsStale);
            }
        }

        throw Refusal.Unavailable("The listing is being replaced. Send the request again.");
    }
}

/// <summary>The readers of all formats that have a public source.</summary>
public sealed class SourceReaders(IEnumerable<SourceReader> readers)
{
    private readonly Dictionary<string, SourceReader> byFormat = readers.ToDictionary(r => r.Format);

    public SourceReader? Find(string format) => byFormat.GetValueOrDefault(format);
}

/// <summary>
/// Where the source behind a connection's name is, or null when neither configuration nor a client on this machine gives
/// an address. Core knows only the names; the formats know how their clients are configured.
/// </summary>
public delegate ValueTask<Source?> FindSource(string connection, CancellationToken cancellation);
