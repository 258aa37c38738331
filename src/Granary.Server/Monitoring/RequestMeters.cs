using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Granary.Core.Trail;
using Granary.Core.Usage;
using Microsoft.Net.Http.Headers;

namespace Granary.Server.Monitoring;

/// <summary>
/// Counts every request, at the edge, for the rollups and for whoever asks for metrics. Nothing is allocated for a request whose kind has
/// been seen; where nobody asks for metrics only the rollups are fed.
/// </summary>
public sealed class RequestMeters : IDisposable
{
    // Repositories times operations times outcomes: what comes later is counted together. OpenTelemetry's SDK takes 2,000 for each instrument.
    private const int MostSeries = 1_000;
    private const string Other = "other";

    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private readonly UsageMeter usage;
    private readonly bool isWatched;
    private readonly Meter meter = new(Telemetry.Name);
    private readonly Histogram<double> duration;
    private readonly ConcurrentDictionary<SeriesKey, RequestSeries> series = new();

    // Counting the dictionary takes all of its locks.
    private volatile bool isFull;

    public RequestMeters(UsageMeter usage, MetricsOptions options, StorageGauges storage)
    {
        (this.usage, isWatched) = (usage, options.IsWatched);
        meter.CreateObservableCounter("granary.requests", () => Read(s => s.Requests), description: "Requests that were answered.");
        meter.CreateObservableCounter("granary.request.bytes", () => Read(s => s.BytesIn), "By", "Bytes of bodies that clients sent.");
        meter.CreateObservableCounter("granary.response.bytes", () => Read(s => s.BytesOut), "By", "Bytes of bodies that were sent to clients.");
        meter.CreateObservableGauge("granary.storage.bytes", storage.Read, "By", "Bytes that are kept, each asset once.");
        meter.CreateObservableGauge("granary.storage.logical.bytes", storage.ReadLogical, "By", "Bytes that would be kept, had each version its own copy of its assets.");
        duration = meter.CreateHistogram("granary.request.duration", "s", "From the head of the request to the end of the answer.", advice: Buckets);
    }

    /// <summary>Counts a request that is done.</summary>
    /// <param name="record">What is known of it; null where it is on no plane.</param>
    /// <param name="start">A timestamp of <see cref="Stopwatch"/>.</param>
    internal void End(HttpContext context, TrailRecord? record, long start, Activity? activity)
    {
        if (record is null)
        {
            activity?.SetTag("http.response.status_code", context.Response.StatusCode);
            return;
        }

        var isAborted = record.ErrorCode == "RequestAborted";
        var status = context.Response.StatusCode;
        var elapsed = Stopwatch.GetElapsedTime(start);
        var received = CountedBody.Received(context.Request);
        var sent = isAborted ? 0 : Sent(context, record, status);
        var domain = record.DomainId == 0 ? "" : record.DomainName ?? "";
        // A repository that does not exist has no administrator: what clients make up must not become rows and series.
        var repository = domain.Length == 0 || record.Administrator is null ? "" : record.Repository ?? "";
        var account = domain.Length == 0 ? record.Principal?.AccountId ?? "" : record.DomainOwner ?? "";
        if (usage.IsEnabled && account.Length > 0)
        {
            var key = new UsageKey(account, domain, repository, record.Format ?? "", record.Principal?.RoleArn ?? record.Principal?.Arn ?? "");
            usage.Record(key, Use(context, record, status, elapsed, received, sent, isAborted));
        }

        var outcome = isAborted ? "aborted" : status switch { < 400 => "ok", < 500 => "client_error", _ => "server_error" };
        if (isWatched)
        {
            var found = SeriesOf(new SeriesKey(record.Name, record.Format ?? "", account, domain, repository, outcome));
            found.Add(received, sent);
            duration.Record(elapsed.TotalSeconds, found.DurationTags);
        }

        if (activity is not null)
        {
            RequestTracing.Describe(activity, record, domain, repository, status, outcome);
        }
    }

    public void Dispose() => meter.Dispose();

    private static RequestUse Use(HttpContext context, TrailRecord record, int status, TimeSpan elapsed, long received, long sent, bool isAborted)
    {
        var served = record.Served;
        var isDownload = served.Name is not null && !isAborted && HttpMethods.IsGet(context.Request.Method) && IsFromItsBeginning(context.Response, status);
        return new RequestUse
        {
            Plane = record.Method is null ? RequestPlane.Control : record.IsReadOnly ? RequestPlane.Read : RequestPlane.Write,
            Status = status,
            Elapsed = elapsed,
            BytesIn = received,
            BytesOut = sent,
            DomainId = record.DomainId,
            Package = record.Package ?? served.Package,
            Version = isDownload ? served.Version : null,
            Asset = isDownload ? served.Name : null,
            BytesSaved = !served.IsSaved ? 0 : status == StatusCodes.Status307TemporaryRedirect ? served.Size : sent,
        };
    }

    // One download of a large asset may be many ranges of it.
    private static bool IsFromItsBeginning(HttpResponse response, int status) =>
        status is StatusCodes.Status200OK or StatusCodes.Status307TemporaryRedirect
        || (status == StatusCodes.Status206PartialContent && response.Headers[HeaderNames.ContentRange].ToString().StartsWith("bytes 0-", StringComparison.Ordinal));

    private static long Sent(HttpContext context, TrailRecord record, int status) =>
        HttpMethods.IsHead(context.Request.Method) || status == StatusCodes.Status304NotModified ? 0 : context.Response.ContentLength ?? record.Served.Size;

    private RequestSeries SeriesOf(in SeriesKey key)
    {
        if (series.TryGetValue(key, out var found))
        {
            return found;
        }

        isFull = isFull || series.Count >= MostSeries;
        var kept = isFull ? new SeriesKey(Other, key.Format, Other, Other, "", key.Outcome) : key;
        return series.GetOrAdd(kept, static made => new RequestSeries(made));
    }

    private IEnumerable<Measurement<long>> Read(Func<RequestSeries, long> value) => series.Values.Select(s => new Measurement<long>(value(s), s.Tags));
}
