using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Upstreams;

namespace Granary.Core.Listings;

/// <summary>How the public sources of a search stand: what of them a listing is made of, and how long it is good.</summary>
public sealed class AskedSources
{
    // How long a listing that lacks a source, which is down and never answered, is kept before the source is asked again.
    private static readonly TimeSpan Incomplete = TimeSpan.FromSeconds(5);

    // An address can come to be known: it is looked for again like any listing.
    private static readonly TimeSpan Unknown = TimeSpan.FromSeconds(60);

    private readonly List<string?> keys = [];

    private AskedSources()
    {
    }

    /// <summary>For each source in search order the storage key of its document; null where it has none.</summary>
    public IReadOnlyList<string?> Keys => keys;

    /// <summary>A timestamp of the clock; <see cref="long.MaxValue"/> where no source was asked.</summary>
    public long FreshUntil { get; private set; } = long.MaxValue;

    /// <summary>A source could not be asked just now.</summary>
    public bool IsStale { get; private set; }

    public Refusal? Failure { get; private set; }

    /// <summary>A connection that this server knows no address for, if there is one.</summary>
    public string? Unaddressed { get; private set; }

    /// <summary>Asks each source of the path that is not fresh. What fails is told and stops nothing: what is stored is still listed.</summary>
    public static async Task<AskedSources> AskAsync(
        SourceListings sources, DomainSnapshot domain, SearchPath path, PackageCoordinate package, TimeProvider clock)
    {
        var asked = new AskedSources();
        foreach (var step in path.Steps)
        {
            if (step.Connection is null)
            {
                continue;
            }

            try
            {
                asked.Add(step.Connection, await sources.GetAsync(domain, step, package, CancellationToken.None), clock);
            }
            catch (Refusal refusal)
            {
                asked.AddFailure(refusal, clock);
            }
        }

        return asked;
    }

    private void Add(string connection, SourceListing? listing, TimeProvider clock)
    {
        Unaddressed ??= listing is null ? connection : null;
        keys.Add(listing?.StorageKey);
        FreshUntil = Math.Min(FreshUntil, listing?.FreshUntil ?? After(clock, Unknown));
        IsStale |= listing?.IsStale ?? false;
    }

    private void AddFailure(Refusal refusal, TimeProvider clock)
    {
        keys.Add(null);
        Failure = refusal;
        IsStale = true;
        FreshUntil = Math.Min(FreshUntil, After(clock, Incomplete));
    }

    private static long After(TimeProvider clock, TimeSpan span) => clock.GetTimestamp() + (long)(span.TotalSeconds * clock.TimestampFrequency);
}
