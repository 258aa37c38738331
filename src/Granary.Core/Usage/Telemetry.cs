using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Granary.Core.Usage;

/// <summary>
/// The meter and the source of activities of this process. As long as nobody listens, each measurement costs a comparison. No attribute ever
/// holds a credential, an address that a client wrote, or content.
/// </summary>
public static class Telemetry
{
    /// <summary>The name of the meter and of the source.</summary>
    public const string Name = "Granary";

    private static readonly Meter Meter = new(Name);

    private static readonly CacheLookups Lookups = new(Meter);

    private static readonly Counter<long> UpstreamBytes = Meter.CreateCounter<long>(
        "granary.upstream.bytes", "By", "Bytes that public sources sent.");

    private static readonly Histogram<double> UpstreamDuration = Meter.CreateHistogram<double>(
        "granary.upstream.duration", "s", "Until a public source began to answer, by connection and outcome.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15] });

    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>Counts a look into a cache.</summary>
    public static void Looked(CacheLookup found) => Lookups.Add(found);

    internal static void Fetched(string connection, long bytes) => UpstreamBytes.Add(bytes, new KeyValuePair<string, object?>("connection", connection));

    internal static bool IsWatchingUpstreams => UpstreamDuration.Enabled || Activities.HasListeners();

    internal static void Asked(string connection, string outcome, TimeSpan elapsed) => UpstreamDuration.Record(
        elapsed.TotalSeconds, new KeyValuePair<string, object?>("connection", connection), new KeyValuePair<string, object?>("outcome", outcome));
}

/// <summary>One request to a public source, from its beginning to the head of the answer.</summary>
internal readonly struct UpstreamCall : IDisposable
{
    private readonly string connection;
    private readonly long start;
    private readonly Activity? activity;
    private readonly int[]? status;

    private UpstreamCall(string connection)
    {
        (this.connection, start, status) = (connection, Stopwatch.GetTimestamp(), new int[1]);
        activity = Telemetry.Activities.StartActivity("ask source", ActivityKind.Client);
        activity?.SetTag("granary.connection", connection);
    }

    public static UpstreamCall Begin(string connection) => Telemetry.IsWatchingUpstreams ? new(connection) : default;

    public void Answered(int code)
    {
        if (status is not null)
        {
            status[0] = code;
        }
    }

    public void Dispose()
    {
        if (status is null)
        {
            return;
        }

        var outcome = status[0] switch { 0 => "failed", < 400 => "answered", < 500 => "4xx", _ => "5xx" };
        Telemetry.Asked(connection, outcome, Stopwatch.GetElapsedTime(start));
        if (status[0] > 0)
        {
            activity?.SetTag("http.response.status_code", status[0]);
        }

        if (outcome is "failed" or "5xx")
        {
            activity?.SetTag("error.type", outcome).SetStatus(ActivityStatusCode.Error);
        }

        activity?.Dispose();
    }
}
