using System.Diagnostics.Metrics;
using Granary.Core.Database;
using Granary.Core.Trail;
using Granary.Core.Usage;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Monitoring;

/// <summary>
/// How much waits: records of the trail in this process, and what every node sees alike, events on their way to targets and dead letters.
/// The database is asked four times a minute, and not at all where nobody asks for metrics.
/// </summary>
internal sealed partial class QueueGauges : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);

    // The longest first; OpenTelemetry's SDK takes 2,000 for each instrument.
    private const int Most = 1_000;

    private readonly Meter meter = new(Telemetry.Name);
    private readonly GranaryDatabase database;
    private readonly TimeProvider clock;
    private readonly ILogger<QueueGauges> logger;
    private readonly bool isWatched;
    private volatile IReadOnlyList<Waiting> events = [];
    private volatile IReadOnlyList<Waiting> letters = [];

    public QueueGauges(GranaryDatabase database, TrailQueue trail, MetricsOptions options, TimeProvider clock, ILogger<QueueGauges> logger)
    {
        (this.database, this.clock, this.logger, isWatched) = (database, clock, logger, options.IsWatched);
        meter.CreateObservableGauge("granary.trail.waiting", () => trail.Count, description: "Records of the audit trail that this process has not written yet.");
        meter.CreateObservableGauge("granary.events.waiting", () => events.Select(w => w.Measure(w.Count)), description: "Events that a target has not taken yet.");
        meter.CreateObservableGauge("granary.events.oldest.age", () => events.Select(w => w.Measure(w.AgeSeconds)), "s", "For how long the oldest of them has waited.");
        meter.CreateObservableGauge("granary.events.dead.letters", () => letters.Select(w => w.Measure(w.Count)), description: "Events that were given up and kept.");
    }

    public override void Dispose()
    {
        meter.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (isWatched)
        {
            try
            {
                await RefreshAsync(stoppingToken);
            }
            catch (Exception failure) when (StorageFailure.Of(failure) is { } reason)
            {
                LogFailed(reason.Message);
            }

            await Task.Delay(Pause, clock, stoppingToken);
        }
    }

    /// <summary>Counts what is in the database.</summary>
    internal async Task RefreshAsync(CancellationToken cancellation)
    {
        await using var db = database.Open();
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var waiting = await db.Database
            .SqlQuery<TargetCount>(
                $"""
                SELECT account_id AS "Account", bus AS "Bus", rule AS "Rule", target AS "Target", COUNT(*) AS "Count", MIN(accepted_at) AS "Oldest"
                FROM event_deliveries GROUP BY account_id, bus, rule, target ORDER BY COUNT(*) DESC LIMIT {Most}
                """)
            .ToListAsync(cancellation);
        events = [.. waiting.Select(t => new Waiting(t.Tags, t.Count, Math.Max(0, (now - t.Oldest) / 1_000)))];
        var dead = await db.Database
            .SqlQuery<TargetCount>(
                $"""
                SELECT account_id AS "Account", bus AS "Bus", rule AS "Rule", target AS "Target", COUNT(*) AS "Count", MIN(accepted_at) AS "Oldest"
                FROM dead_letters GROUP BY account_id, bus, rule, target ORDER BY COUNT(*) DESC LIMIT {Most}
                """)
            .ToListAsync(cancellation);
        letters = [.. dead.Select(t => new Waiting(t.Tags, t.Count, 0))];
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "How much waits could not be counted and will be later: {Reason}")]
    private partial void LogFailed(string reason);

    private sealed class TargetCount
    {
        public required string Account { get; init; }

        public required string Bus { get; init; }

        public required string Rule { get; init; }

        public required string Target { get; init; }

        public long Count { get; init; }

        public long Oldest { get; init; }

        public KeyValuePair<string, object?>[] Tags => [new("account", Account), new("bus", Bus), new("rule", Rule), new("target", Target)];
    }

    private sealed record Waiting(KeyValuePair<string, object?>[] Tags, long Count, long AgeSeconds)
    {
        public Measurement<long> Measure(long value) => new(value, Tags);
    }
}
