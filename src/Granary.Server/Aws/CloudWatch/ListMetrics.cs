using Granary.Core;
using Granary.Core.Usage;
using Granary.Server.Aws.Json;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.CloudWatch;

/// <summary><c>ListMetrics</c>: what there are metrics of, 500 to a page.</summary>
internal static class ListMetrics
{
    private const int PageSize = 500;

    public static async Task<Answer> RunAsync(CloudWatchCall call)
    {
        var arguments = call.Arguments;
        var space = arguments.Optional("Namespace", MetricShapes.NamespaceShape);
        var name = arguments.Optional("MetricName", MetricShapes.Name);
        var isRecent = arguments.Optional("RecentlyActive", TextShape.OneOf("PT3H")) is not null;
        var filters = (arguments.Objects("Dimensions", 10) ?? [])
            .Select(d => (Name: d.Required("Name", MetricShapes.Name), Value: d.Optional("Value", MetricShapes.DimensionValue))).ToList();
        var binding = PageTokens.Bind("ListMetrics", call.Account,
        [
            new("namespace", space ?? ""), new("name", name ?? ""), new("recent", isRecent.ToString()),
            .. filters.Select(f => new KeyValuePair<string, string>($"dimension {f.Name}", f.Value ?? "")),
        ]);
        var tokens = call.Service<PageTokens>();
        var after = Open(tokens, binding, arguments.Optional("NextToken", TextShape.Any));
        if (space is not null and not MetricShapes.Namespace)
        {
            return new Answer(("Metrics", Array.Empty<object>()));
        }

        var found = (await call.Service<MetricQueries>().ListAsync(call.Account, isRecent, call.Cancellation))
            .Where(s => (name is null || s.Metric.Name() == name) && filters.All(f => Has(s, f)))
            .SkipWhile(s => after is not null && Compare(Key(s), after) <= 0)
            .Take(PageSize + 1)
            .ToList();
        var page = found.Take(PageSize).ToList();
        return new Answer(
            ("Metrics", page.Select(series => (object)Metric(series)).ToList()),
            ("NextToken", found.Count > PageSize ? tokens.Seal(binding, Key(page[^1])) : null));
    }

    private static bool Has(MetricSeries series, (string Name, string? Value) filter) =>
        MetricShapes.Dimensions(series).Any(d => d.Name == filter.Name && (filter.Value is null || d.Value == filter.Value));

    private static Answer Metric(MetricSeries series) => new Answer(
        ("Namespace", MetricShapes.Namespace),
        ("MetricName", series.Metric.Name()),
        ("Dimensions", MetricShapes.Dimensions(series).Select(d => (object)new Answer(("Name", d.Name), ("Value", d.Value))).ToList()));

    // In the order of the listing; names are never empty, so that what is absent comes first.
    private static string[] Key(MetricSeries series) => [series.Metric.Name(), series.Domain, series.Repository ?? "", series.Format ?? ""];

    private static int Compare(IReadOnlyList<string> one, IReadOnlyList<string> other) =>
        one.Zip(other, string.CompareOrdinal).FirstOrDefault(difference => difference != 0);

    private static IReadOnlyList<string>? Open(PageTokens tokens, byte[] binding, string? token)
    {
        try
        {
            return token is null ? null : tokens.Open(binding, token);
        }
        catch (Refusal refusal)
        {
            throw Refusal.Named(RefusalKind.Validation, "InvalidNextToken", refusal.Message);
        }
    }
}
