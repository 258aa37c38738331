using Granary.Core.Domains;
using Granary.Core.Packages;
using Microsoft.Extensions.Caching.Memory;

namespace Granary.Core.Upstreams;

/// <summary>
/// Things derived from one package, kept while they are true and room lasts. A hit costs a look-up and a comparison of
/// two numbers; nothing here is served because it was true a while ago. Keys need not name the domain: ids of two domains
/// are alike, and the cache keeps them apart by itself.
/// </summary>
/// <param name="room">The sum of sizes that is kept; the least recently used go first.</param>
public sealed class StampedCache<TKey, TValue>(PackageStamps stamps, long room) : IDisposable
    where TKey : notnull
    where TValue : class
{
    private readonly MemoryCache entries = new(new MemoryCacheOptions { SizeLimit = room, CompactionPercentage = 0.2 });

    /// <summary>The value if it is known and true now, else null.</summary>
    public ValueTask<TValue?> FindAsync(TKey key, DomainSnapshot domain, PackageCoordinate package, CancellationToken cancellation)
    {
        // What was made with another snapshot may have been searched for in other repositories.
        if (!entries.TryGetValue((domain.Id, key), out Entry? entry) || entry!.Package.Configuration != domain.Stamp.Configuration)
        {
            return default;
        }

        return stamps.KnownSequence(domain.Id) == Volatile.Read(ref entry.Sequence)
            ? new(entry.Value)
            : new(CheckAsync(entry, domain, package, cancellation));
    }

    /// <param name="stamp">The stamp that was read before anything the value is made of.</param>
    /// <param name="size">In the unit of the cache's room.</param>
    public void Set(TKey key, TValue value, (PackageStamp Package, long Sequence) stamp, long size) =>
        entries.Set((stamp.Package.DomainId, key), new Entry(value, stamp.Package) { Sequence = stamp.Sequence }, new MemoryCacheEntryOptions { Size = size });

    public void Dispose() => entries.Dispose();

    private async Task<TValue?> CheckAsync(Entry entry, DomainSnapshot domain, PackageCoordinate package, CancellationToken cancellation)
    {
        if (await stamps.SequenceAsync(domain.Id, cancellation) == Volatile.Read(ref entry.Sequence))
        {
            return entry.Value;
        }

        var (now, sequence) = await stamps.CurrentAsync(domain, package, cancellation);
        if (now != entry.Package)
        {
            return null;
        }

        Volatile.Write(ref entry.Sequence, sequence);
        return entry.Value;
    }

    private sealed class Entry(TValue value, PackageStamp package)
    {
        public long Sequence;

        public TValue Value => value;

        public PackageStamp Package => package;
    }
}
