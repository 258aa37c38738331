using System.Globalization;
using Granary.Core.Usage;
using Granary.Server.Aws.Json;

namespace Granary.Server.Aws.CostExplorer;

/// <summary>The figures of <c>granary usage</c> as Cost Explorer shows them.</summary>
internal sealed class CostReport(UsageReport usage, PriceSheet prices, string region, TimeProvider clock)
{
    private const string Dollars = "USD";

    public async Task<Answer> RunAsync(string account, CostQuestion question, CancellationToken cancellation)
    {
        var results = new List<object>();
        for (var from = question.From; from < question.To;)
        {
            var end = question.IsMonthly ? new DateTimeOffset(from.Year, from.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(1) : from.AddDays(1);
            var to = end < question.To ? end : question.To;
            var lines = (await LinesAsync(account, from, to, cancellation)).Where(line => question.Filter(line)).ToList();
            results.Add(Period(question, from, to, lines));
            from = to;
        }

        return new Answer(
            ("GroupDefinitions", question.Groups.Count == 0 ? null : question.Groups.Select(key => (object)new Answer(("Type", "DIMENSION"), ("Key", key))).ToList()),
            ("ResultsByTime", results),
            ("DimensionValueAttributes", Array.Empty<object>()));
    }

    private Answer Period(CostQuestion question, DateTimeOffset from, DateTimeOffset to, List<CostLine> lines) => new(
        ("TimePeriod", new Answer(("Start", Day(from)), ("End", Day(to)))),
        ("Total", question.Groups.Count > 0 ? new Answer() : Metrics(question, lines)),
        ("Groups", question.Groups.Count == 0 ? Array.Empty<object>() : lines
            .GroupBy(line => string.Join('\0', question.Groups.Select(line.Of)))
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (object)new Answer(("Keys", group.Key.Split('\0').Cast<object>().ToList()), ("Metrics", Metrics(question, [.. group]))))
            .ToList()),
        ("Estimated", to > clock.GetUtcNow()));

    private static Answer Metrics(CostQuestion question, List<CostLine> lines) => new([.. question.Metrics.Select(name => (name, (object?)(name switch
    {
        CostQuestion.UsageQuantity => new Answer(("Amount", Text(lines.Sum(l => l.Quantity))), ("Unit", UnitOf(lines))),
        "NormalizedUsageAmount" => new Answer(("Amount", "0"), ("Unit", "N/A")),
        _ => new Answer(("Amount", Text(lines.Sum(l => l.Cost))), ("Unit", Dollars)),
    })))]);

    // As AWS has it where quantities of several units were added.
    private static string UnitOf(List<CostLine> lines) => lines.Select(l => l.Unit).Distinct().ToList() is [var unit] ? unit : "N/A";

    private async Task<IReadOnlyList<CostLine>> LinesAsync(string account, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        if (await usage.RunAsync(account, from, to, UsageGrouping.None, cancellation) is not [var used])
        {
            return [];
        }

        CostLine[] lines =
        [
            new(account, region, $"{region}-TimedStorage-ByteHrs", used.StorageGbMonths, "GB-Mo", used.StorageCost(prices)),
            new(account, region, $"{region}-Requests", used.Requests, "Requests", used.RequestCost(prices)),
            new(account, region, $"{region}-DataTransfer-Out-Bytes", used.TransferGb, "GB", used.TransferCost(prices)),
        ];
        return [.. lines.Where(line => line.Quantity > 0)];
    }

    private static string Day(DateTimeOffset day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Text(decimal amount) => Math.Round(amount, 10).ToString("0.##########", CultureInfo.InvariantCulture);
}
