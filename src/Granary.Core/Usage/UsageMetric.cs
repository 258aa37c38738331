using System.Collections.Frozen;

namespace Granary.Core.Usage;

/// <summary>What is counted of requests and measured of storage. The names in the database and in CloudWatch are those of <see cref="UsageMetrics"/>.</summary>
public enum UsageMetric
{
    Requests,
    ReadRequests,
    WriteRequests,
    ControlRequests,
    ClientErrors,
    ServerErrors,
    Latency,
    BytesUploaded,
    BytesDownloaded,
    Downloads,
    CacheHits,
    CacheBytesSaved,
    UpstreamFetches,
    UpstreamBytes,
    StorageBytes,
    LogicalStorageBytes,
}

/// <summary>Names and units of the metrics.</summary>
public static class UsageMetrics
{
    /// <summary>How many there are.</summary>
    public static readonly int Count = Enum.GetValues<UsageMetric>().Length;

    private static readonly string[] Names = [.. Enum.GetValues<UsageMetric>().Select(Spell)];

    private static readonly FrozenDictionary<string, UsageMetric> ByName =
        Enum.GetValues<UsageMetric>().ToFrozenDictionary(metric => Names[(int)metric], StringComparer.Ordinal);

    /// <summary>By name in byte order.</summary>
    public static IReadOnlyList<UsageMetric> All { get; } = [.. Enum.GetValues<UsageMetric>().OrderBy(metric => Names[(int)metric], StringComparer.Ordinal)];

    public static string Name(this UsageMetric metric) => Names[(int)metric];

    /// <summary>The metric of that name, or null.</summary>
    public static UsageMetric? Find(string name) => ByName.TryGetValue(name, out var metric) ? metric : null;

    /// <summary>CloudWatch's unit: Count, Bytes or Milliseconds.</summary>
    public static string Unit(this UsageMetric metric) => metric switch
    {
        UsageMetric.Latency => "Milliseconds",
        UsageMetric.BytesUploaded or UsageMetric.BytesDownloaded or UsageMetric.CacheBytesSaved or UsageMetric.UpstreamBytes
            or UsageMetric.StorageBytes or UsageMetric.LogicalStorageBytes => "Bytes",
        _ => "Count",
    };

    /// <summary>Whether it is measured now and then: then a domain's value is not the sum of its repositories'.</summary>
    public static bool IsGauge(this UsageMetric metric) => metric is UsageMetric.StorageBytes or UsageMetric.LogicalStorageBytes;

    /// <summary>How many units of what is stored make one of the metric's: milliseconds are stored as microseconds.</summary>
    public static double Scale(this UsageMetric metric) => metric is UsageMetric.Latency ? 1000 : 1;

    // As CloudWatch's other storage services spell them.
    private static string Spell(UsageMetric metric) => metric switch
    {
        UsageMetric.ClientErrors => "4xxErrors",
        UsageMetric.ServerErrors => "5xxErrors",
        _ => metric.ToString(),
    };
}
