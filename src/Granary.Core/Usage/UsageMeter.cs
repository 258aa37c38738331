using System.Collections.Concurrent;
using Granary.Core.Domains;
using Granary.Core.Packages;

namespace Granary.Core.Usage;

/// <summary>
/// Counts requests in memory until <see cref="UsageWriter"/> takes them: two look-ups and some additions for each, and nothing is allocated
/// but for what was not seen in the last interval.
/// </summary>
public sealed class UsageMeter(UsageOptions options)
{
    // So many principals, or packages, of one interval are told apart; the rest is counted together. Bounds memory to some 15 MB.
    private const int Most = 20_000;

    /// <summary>Stands for the principals, and the packages, above the limit.</summary>
    public const string Others = "(other)";

    private readonly ConcurrentDictionary<UsageKey, UsageTally> tallies = new();
    private readonly ConcurrentDictionary<PackageUse, UsageTally> packages = new();

    public bool IsEnabled => options.IsEnabled;

    /// <summary>Counts a request that is done.</summary>
    public void Record(in UsageKey key, in RequestUse use)
    {
        if (!options.IsEnabled)
        {
            return;
        }

        var own = key;
        while (!TallyOf(ref own).TryAdd(use))
        {
            // Closed between the two steps.
        }

        if (use.Package is { } package && key.Repository.Length > 0)
        {
            var used = new PackageUse(key.Account, key.Domain, use.DomainId, key.Repository, package, use.Version ?? "", use.Asset ?? "");
            while (!TallyOf(ref used).TryAdd(use))
            {
            }
        }
    }

    /// <summary>Counts an asset that was fetched from a public source.</summary>
    public void RecordFetch(DomainSnapshot domain, string repository, PackageCoordinate package, long bytes)
    {
        if (!options.IsEnabled)
        {
            return;
        }

        // The server asks the source once for all who wait, so that it is nobody's.
        var key = new UsageKey(domain.Owner, domain.Name, repository, package.Format, "");
        Add(key, UsageMetric.UpstreamFetches, 1);
        Add(key, UsageMetric.UpstreamBytes, bytes);
        var used = new PackageUse(domain.Owner, domain.Name, domain.Id, repository, package, "", "");
        while (!TallyOf(ref used).TryAdd(UsageMetric.UpstreamBytes, bytes))
        {
        }
    }

    /// <summary>Takes what was counted since the last call.</summary>
    internal UsageTake Take() => new(Take(tallies), Take(packages));

    private void Add(UsageKey key, UsageMetric metric, double value)
    {
        while (!TallyOf(ref key).TryAdd(metric, value))
        {
        }
    }

    private static List<(TKey Key, StatisticSet[] Sets)> Take<TKey>(ConcurrentDictionary<TKey, UsageTally> all)
        where TKey : notnull
    {
        var taken = new List<(TKey, StatisticSet[])>();
        foreach (var entry in all)
        {
            if (entry.Value.Take() is { } sets)
            {
                taken.Add((entry.Key, sets));
            }
            else
            {
                all.TryRemove(entry);
            }
        }

        return taken;
    }

    private UsageTally TallyOf(ref UsageKey key)
    {
        if (tallies.TryGetValue(key, out var tally))
        {
            return tally;
        }

        if (tallies.Count >= Most)
        {
            key = key with { Principal = Others };
        }

        return tallies.GetOrAdd(key, _ => new UsageTally());
    }

    private UsageTally TallyOf(ref PackageUse use)
    {
        if (packages.TryGetValue(use, out var tally))
        {
            return tally;
        }

        if (packages.Count >= Most)
        {
            use = use with { Package = new PackageCoordinate(use.Package.Format, "", Others), Version = "", Asset = "" };
        }

        return packages.GetOrAdd(use, _ => new UsageTally());
    }
}

/// <summary>Which package a request was about, and of a download which asset of which version; empty for neither.</summary>
internal readonly record struct PackageUse(string Account, string Domain, long DomainId, string Repository, PackageCoordinate Package, string Version, string Asset)
{
    // Made for every request: of what nearly always tells two of them apart.
    public override int GetHashCode() => HashCode.Combine(DomainId, Repository, Package.Namespace, Package.Name, Version, Asset);
}

/// <summary>What was counted in one interval.</summary>
internal sealed record UsageTake(IReadOnlyList<(UsageKey Key, StatisticSet[] Sets)> Requests, IReadOnlyList<(PackageUse Use, StatisticSet[] Sets)> Packages)
{
    public bool IsEmpty => Requests.Count == 0 && Packages.Count == 0;
}
