using System.Diagnostics.Metrics;

namespace Granary.Core.Usage;

/// <summary>What a look into a cache found.</summary>
public enum CacheLookup
{
    /// <summary>A finished listing was in memory.</summary>
    ListingHit,

    /// <summary>A listing had to be looked at again, or made.</summary>
    ListingMiss,

    /// <summary>An asset was in memory.</summary>
    AssetInMemory,

    /// <summary>An asset was in the storage.</summary>
    AssetInStorage,

    /// <summary>An asset is on its way in from a public source.</summary>
    AssetFromSource,
}

/// <summary>Counts each look, and tells when it is asked: an instrument that is told of each looks its attributes up each time.</summary>
internal sealed class CacheLookups
{
    // Processors that count different things do not wait for each other's line of cache: eight counts of eight bytes.
    private const int Apart = 8;

    private static readonly KeyValuePair<string, object?>[][] Tags =
    [
        Of("listing", "hit"), Of("listing", "miss"), Of("asset", "memory"), Of("asset", "storage"), Of("asset", "source"),
    ];

    private readonly long[] counts = new long[Tags.Length * Apart];

    public CacheLookups(Meter meter) =>
        meter.CreateObservableCounter("granary.cache.lookups", Read, description: "Looks into the caches of listings and assets, by what they found.");

    public void Add(CacheLookup found) => Interlocked.Increment(ref counts[(int)found * Apart]);

    // What was never found has no series yet.
    private IEnumerable<Measurement<long>> Read() =>
        Tags.Select((tags, found) => new Measurement<long>(Volatile.Read(ref counts[found * Apart]), tags)).Where(m => m.Value > 0);

    private static KeyValuePair<string, object?>[] Of(string cache, string result) => [new("cache", cache), new("result", result)];
}
