using Granary.Core;
using Granary.Core.Usage;
using Granary.Server.Aws.Json;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.CloudWatch;

/// <summary><c>GetMetricStatistics</c>: the statistics of one metric.</summary>
internal static class GetMetricStatistics
{
    private const int MostPoints = 1440;

    public static async Task<Answer> RunAsync(CloudWatchCall call)
    {
        var arguments = call.Arguments;
        var series = MetricShapes.Series(call.Account, arguments);
        var (from, to, period) = (arguments.Moment("StartTime"), arguments.Moment("EndTime"), MetricShapes.Period(arguments));
        var statistics = Statistics(arguments);
        var unit = arguments.Optional("Unit", TextShape.Any);
        if (from >= to)
        {
            throw MetricShapes.Invalid("The parameter StartTime must be less than the parameter EndTime.");
        }

        from = Resolutions.Floor(from, Rounding(call, from));
        var points = ((long)(to - from).TotalSeconds + period - 1) / period;
        if (points > MostPoints)
        {
            throw Refusal.Named(
                RefusalKind.Validation,
                "InvalidParameterCombination",
                $"You have requested up to {MetricShapes.Number(points)} datapoints, which exceeds the limit of {MetricShapes.Number(MostPoints)}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.");
        }

        var found = series is null || (unit is not null && unit != series.Metric.Unit())
            ? [] : await call.Service<MetricQueries>().ReadAsync(series, from, to, period, call.Cancellation);
        return new Answer(
            ("Label", arguments.Required("MetricName", MetricShapes.Name)),
            ("Datapoints", found.Select(point => (object)Point(point, statistics, series!.Metric.Unit())).ToList()));
    }

    private static Answer Point(MetricPoint point, IReadOnlyList<string> statistics, string unit) => new Answer(
    [
        ("Timestamp", point.At),
        .. MetricShapes.Statistics.Where(statistics.Contains).Select(name => (name, (object?)MetricShapes.Value(point.Set, name))),
        ("Unit", unit),
    ]);

    private static IReadOnlyList<string> Statistics(BodyArguments arguments)
    {
        if (arguments.Texts("ExtendedStatistics", TextShape.Any, 10) is { Count: > 0 })
        {
            throw MetricShapes.Invalid("Percentiles are not kept here: ask for Statistics, or read the histograms at /metrics.");
        }

        var statistics = arguments.Texts("Statistics", TextShape.OneOf(MetricShapes.Statistics), MetricShapes.Statistics.Length);
        return statistics is { Count: > 0 }
            ? statistics : throw Refusal.Named(RefusalKind.Validation, "MissingParameter", "At least one of the parameters Statistics and ExtendedStatistics must be specified.");
    }

    // As CloudWatch rounds the beginning down: the older, the coarser.
    private static int Rounding(CloudWatchCall call, DateTimeOffset from) => (call.Service<TimeProvider>().GetUtcNow() - from) switch
    {
        var age when age < Resolutions.Kept(Resolutions.Minute) => Resolutions.Minute,
        var age when age < Resolutions.Kept(Resolutions.FiveMinutes) => Resolutions.FiveMinutes,
        _ => Resolutions.Hour,
    };
}
