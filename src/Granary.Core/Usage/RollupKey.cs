namespace Granary.Core.Usage;

/// <summary>The key of a <see cref="MetricRollup"/>, in the order of the primary key.</summary>
internal readonly record struct RollupKey(string Account, string Domain, string Facet, string Metric, int Seconds, long StartsAt, string Repository, string Value);

/// <summary>The key of a <see cref="DownloadCount"/>, in the order of the primary key.</summary>
internal readonly record struct DownloadKey(long DomainId, string Repository, string Format, string Namespace, string Package, string Version, string Asset);

/// <summary>Rows that wait to be added to those in the database.</summary>
internal sealed class PendingUsage
{
    // One interval of a busy node has some thousands. What waits while the database is away takes at most some 60 MB.
    private const int Most = 200_000;

    private readonly Dictionary<RollupKey, StatisticSet> rollups = [];
    private readonly Dictionary<DownloadKey, (long Count, long LastAt)> downloads = [];

    public IReadOnlyDictionary<RollupKey, StatisticSet> Rollups => rollups;

    public IReadOnlyDictionary<DownloadKey, (long Count, long LastAt)> Downloads => downloads;

    public bool IsEmpty => rollups.Count == 0 && downloads.Count == 0;

    /// <summary>How many rows found no room.</summary>
    public long Lost { get; private set; }

    public void Add(RollupKey key, in StatisticSet set)
    {
        if (set.IsEmpty)
        {
            return;
        }

        if (!rollups.TryGetValue(key, out var known) && rollups.Count >= Most)
        {
            Lost++;
            return;
        }

        known.Add(set);
        rollups[key] = known;
    }

    public void Add(DownloadKey key, long count, long lastAt)
    {
        if (!downloads.TryGetValue(key, out var known) && downloads.Count >= Most)
        {
            Lost++;
            return;
        }

        downloads[key] = (known.Count + count, Math.Max(known.LastAt, lastAt));
    }

    public void Clear()
    {
        rollups.Clear();
        downloads.Clear();
        Lost = 0;
    }
}
