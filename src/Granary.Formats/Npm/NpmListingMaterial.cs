using Granary.Core;
using Granary.Core.Packages;
using Granary.Core.Upstreams;

namespace Granary.Formats.Npm;

/// <summary>What one listing is made of, gathered in search order: what is nearer decides about a version.</summary>
internal sealed class NpmListingMaterial(TimeProvider clock)
{
    private readonly HashSet<string> decided = new(StringComparer.Ordinal);

    public Dictionary<string, NpmListedVersion> Versions { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Tags { get; } = new(StringComparer.Ordinal);

    public List<string?> SourceKeys { get; } = [];

    public long FreshUntil { get; private set; } = long.MaxValue;

    public bool IsStale { get; private set; }

    public Refusal? Failure { get; private set; }

    /// <summary>A connection that this server knows no address for, if there is one.</summary>
    public string? Unaddressed { get; private set; }

    public static long After(TimeProvider clock, TimeSpan span) => clock.GetTimestamp() + (long)(span.TotalSeconds * clock.TimestampFrequency);

    /// <param name="listing">Null: the server knows no address for the connection.</param>
    public void AddSource(string connection, SourceListing? listing)
    {
        // An address can come to be known: it is looked for again like any listing.
        Unaddressed ??= listing is null ? connection : null;
        SourceKeys.Add(listing?.StorageKey);
        FreshUntil = Math.Min(FreshUntil, listing?.FreshUntil ?? After(clock, TimeSpan.FromSeconds(60)));
        IsStale |= listing?.IsStale ?? false;
    }

    public void AddFailure(Refusal refusal)
    {
        SourceKeys.Add(null);
        Failure = refusal;
        IsStale = true;
    }

    public void AddStored(PackageVersion version)
    {
        if (decided.Add(version.Version) && version.IsListed)
        {
            Versions.Add(version.Version, new NpmListedVersion(version.Manifest, version.PublishedAt));
        }
    }

    public void AddDocument(NpmDocument document)
    {
        foreach (var (version, manifest) in document.Versions)
        {
            if (decided.Add(version))
            {
                Versions.Add(version, new NpmListedVersion(manifest, document.Times.TryGetValue(version, out var time) ? time : null));
            }
        }

        // Where both name a tag the upstream's wins, as in CodeArtifact.
        foreach (var (tag, version) in document.Tags)
        {
            Tags[tag] = version;
        }
    }
}
