using System.Globalization;
using Granary.Core;
using Granary.Core.Usage;
using Granary.Server.Aws.Json;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.CloudWatch;

/// <summary><c>GetMetricData</c>: many metrics at once, in pages.</summary>
internal static class GetMetricData
{
    private const int MostQueries = 500;
    private const int MostPoints = 100_800;

    private static readonly TextShape Id = TextShape.Pattern(1, 255, "[a-z][a-zA-Z0-9_]*");
    private static readonly TextShape ScanBy = TextShape.OneOf("TimestampDescending", "TimestampAscending");

    public static async Task<Answer> RunAsync(CloudWatchCall call)
    {
        var arguments = call.Arguments;
        var queries = Read(call);
        var (from, to) = (arguments.Moment("StartTime"), arguments.Moment("EndTime"));
        if (from >= to)
        {
            throw Refusal.Validation("The parameter StartTime must be less than the parameter EndTime.");
        }

        var room = arguments.Integer("MaxDatapoints", 1, MostPoints) ?? MostPoints;
        var isAscending = arguments.Optional("ScanBy", ScanBy) == "TimestampAscending";
        var binding = Bind(call, queries, from, to, isAscending);
        var tokens = call.Service<PageTokens>();
        var (first, skipped) = Open(tokens, binding, arguments.Optional("NextToken", TextShape.Any));

        var results = new List<object>();
        string? next = null;
        for (var index = first; index < queries.Count; index++)
        {
            var query = queries[index];
            var points = await PointsAsync(call, query, from, to, isAscending);
            var shown = points.Skip(skipped).Take(room).ToList();
            var isWhole = skipped + shown.Count == points.Count;
            if (query.IsReturned)
            {
                results.Add(Result(query, shown, isWhole));
                room -= shown.Count;
            }

            (var reached, skipped) = (skipped + shown.Count, 0);
            if (query.IsReturned && (!isWhole || (room == 0 && index + 1 < queries.Count)))
            {
                next = tokens.Seal(binding, [Text(isWhole ? index + 1 : index), Text(isWhole ? 0 : reached)]);
                break;
            }
        }

        return new Answer(("MetricDataResults", results), ("NextToken", next));
    }

    private static Answer Result(Query query, List<(DateTimeOffset At, double Value)> points, bool isWhole) => new(
        ("Id", query.Id),
        ("Label", query.Label),
        ("Timestamps", points.Select(p => (object)p.At).ToList()),
        ("Values", points.Select(p => (object)p.Value).ToList()),
        ("StatusCode", query.IsForeign ? "Forbidden" : isWhole ? "Complete" : "PartialData"));

    private static async Task<IReadOnlyList<(DateTimeOffset At, double Value)>> PointsAsync(CloudWatchCall call, Query query, DateTimeOffset from, DateTimeOffset to, bool isAscending)
    {
        if (query.Series is null || query.IsForeign || !query.IsReturned)
        {
            return [];
        }

        // Whole periods, so that the longest spans that are kept will do.
        var points = await call.Service<MetricQueries>().ReadAsync(query.Series, Resolutions.Floor(from, query.Period), to, query.Period, call.Cancellation);
        var values = points.Select(p => (p.At, MetricShapes.Value(p.Set, query.Statistic)));
        return [.. isAscending ? values : values.Reverse()];
    }

    private static List<Query> Read(CloudWatchCall call)
    {
        var given = call.Arguments.Objects("MetricDataQueries", MostQueries) ?? throw Fault.Missing("MetricDataQueries");
        var queries = given.Select(query => Read(call.Account, query)).ToList();
        return queries.Select(q => q.Id).Distinct(StringComparer.Ordinal).Count() == queries.Count
            ? queries : throw Refusal.Validation("Two of MetricDataQueries have the same Id.");
    }

    private static Query Read(string account, BodyArguments query)
    {
        var id = query.Required("Id", Id);
        if (query.Optional("Expression", TextShape.Any) is not null)
        {
            throw Refusal.Validation($"Expressions are not computed here. Ask for the metrics of the query {id} by MetricStat, and compute with what is answered.");
        }

        var stat = query.Object("MetricStat") ?? throw Refusal.Validation($"The query {id} has neither MetricStat nor Expression.");
        var metric = stat.Object("Metric") ?? throw Fault.Missing("MetricStat.Metric");
        var statistic = stat.Required("Stat", TextShape.Any);
        if (!MetricShapes.Statistics.Contains(statistic, StringComparer.Ordinal))
        {
            throw Refusal.Validation($"The Stat of the query {id} must be one of {string.Join(", ", MetricShapes.Statistics)}: others are not kept here.");
        }

        var series = MetricShapes.Series(account, metric);
        var unit = stat.Optional("Unit", TextShape.Any);
        return new Query(
            id,
            query.Optional("Label", TextShape.Any) ?? metric.Required("MetricName", MetricShapes.Name),
            series is not null && unit is not null && unit != series.Metric.Unit() ? null : series,
            MetricShapes.Period(stat),
            statistic,
            query.Flag("ReturnData") ?? true,
            query.Optional("AccountId", TextShape.Any) is { } other && other != account);
    }

    private static byte[] Bind(CloudWatchCall call, IReadOnlyList<Query> queries, DateTimeOffset from, DateTimeOffset to, bool isAscending) => PageTokens.Bind("GetMetricData", call.Account,
    [
        new("from", Text(from.ToUnixTimeSeconds())),
        new("to", Text(to.ToUnixTimeSeconds())),
        new("ascending", isAscending.ToString()),
        .. queries.Select(q => new KeyValuePair<string, string>($"query {q.Id}", $"{q.Series} {q.Period} {q.Statistic} {q.IsReturned}")),
    ]);

    private static (int Query, int Point) Open(PageTokens tokens, byte[] binding, string? token)
    {
        try
        {
            return token is null ? (0, 0)
                : tokens.Open(binding, token) is [var query, var point] ? (int.Parse(query, CultureInfo.InvariantCulture), int.Parse(point, CultureInfo.InvariantCulture)) : (0, 0);
        }
        catch (Refusal refusal)
        {
            throw Refusal.Named(RefusalKind.Validation, "InvalidNextToken", refusal.Message);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record Query(string Id, string Label, MetricSeries? Series, int Period, string Statistic, bool IsReturned, bool IsForeign);
}
