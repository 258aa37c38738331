using System.Globalization;
using Granary.Core;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.CostExplorer;

/// <summary>What GetCostAndUsage is asked.</summary>
internal sealed record CostQuestion(DateTimeOffset From, DateTimeOffset To, bool IsMonthly, IReadOnlyList<string> Metrics, IReadOnlyList<string> Groups, Predicate<CostLine> Filter)
{
    public const string UsageQuantity = "UsageQuantity";

    private const int MostDays = 366 * 2;
    private const int Deepest = 8;

    // All costs are the same here: there are neither discounts nor reservations.
    private static readonly TextShape Metric = TextShape.OneOf(
        "AmortizedCost", "BlendedCost", "NetAmortizedCost", "NetUnblendedCost", "NormalizedUsageAmount", "UnblendedCost", UsageQuantity);

    private static readonly TextShape Dimension = TextShape.OneOf([.. CostLine.Dimensions]);
    private static readonly TextShape Granularity = TextShape.OneOf("DAILY", "MONTHLY");

    /// <exception cref="Refusal">Validation.</exception>
    public static CostQuestion Read(BodyArguments arguments)
    {
        var period = arguments.Object("TimePeriod") ?? throw Fault.Missing("timePeriod");
        var (from, to) = (Day(period, "Start"), Day(period, "End"));
        if (from >= to)
        {
            throw Refusal.Validation("Start date (and hour) should be before end date (and hour).");
        }

        if ((to - from).TotalDays > MostDays)
        {
            throw Refusal.Validation($"The period is longer than {MostDays} days. Ask for it in parts.");
        }

        if (arguments.Optional("NextPageToken", TextShape.Any) is not null)
        {
            throw Refusal.Named(RefusalKind.Validation, "InvalidNextTokenException", "There is one page. Leave NextPageToken out.");
        }

        var metrics = arguments.Texts("Metrics", Metric, 7);
        return new CostQuestion(
            from,
            to,
            arguments.Required("Granularity", Granularity) == "MONTHLY",
            metrics is { Count: > 0 } ? [.. metrics.Distinct(StringComparer.Ordinal)] : throw Fault.Missing("metrics"),
            [.. (arguments.Objects("GroupBy", 2) ?? []).Select(Group)],
            arguments.Object("Filter") is { } filter ? Expression(filter, 0) : _ => true);
    }

    private static DateTimeOffset Day(BodyArguments period, string name)
    {
        var text = period.Required(name, TextShape.Any);
        return DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day) && day.Year is > 1970 and < 9000
            ? day : throw Refusal.Validation($"TimePeriod.{name}: '{text}' is no day. Write one such as 2026-01-31; the end is left out.");
    }

    private static string Group(BodyArguments group)
    {
        var type = group.Required("Type", TextShape.OneOf("DIMENSION", "TAG", "COST_CATEGORY"));
        return type == "DIMENSION"
            ? group.Required("Key", Dimension)
            : throw Refusal.Validation($"Costs are not told apart by {type} here. Group by DIMENSION, or see: granary usage --group-by repository");
    }

    private static Predicate<CostLine> Expression(BodyArguments expression, int depth)
    {
        if (depth > Deepest)
        {
            throw Refusal.Validation($"The Filter is more than {Deepest} levels deep.");
        }

        if (expression.Objects("And", 20) is { } all)
        {
            var parts = all.Select(e => Expression(e, depth + 1)).ToList();
            return line => parts.TrueForAll(part => part(line));
        }

        if (expression.Objects("Or", 20) is { } some)
        {
            var parts = some.Select(e => Expression(e, depth + 1)).ToList();
            return line => parts.Exists(part => part(line));
        }

        if (expression.Object("Not") is { } not)
        {
            var part = Expression(not, depth + 1);
            return line => !part(line);
        }

        var dimensions = expression.Object("Dimensions")
            ?? throw Refusal.Validation("A Filter is made of Dimensions, And, Or and Not here.");
        if (dimensions.Texts("MatchOptions", TextShape.Any, 10)?.Any(option => option != "EQUALS") is true)
        {
            throw Refusal.Validation("The only one of MatchOptions that is known here is EQUALS.");
        }

        var (key, values) = (dimensions.Required("Key", Dimension), dimensions.Texts("Values", TextShape.Any, 100) ?? []);
        return line => values.Contains(line.Of(key), StringComparer.Ordinal);
    }
}

/// <summary>What one kind of use came to in one period.</summary>
internal sealed record CostLine(string Account, string Region, string UsageType, decimal Quantity, string Unit, decimal Cost)
{
    public const string Service = "AWS CodeArtifact";

    public static readonly string[] Dimensions = ["SERVICE", "USAGE_TYPE", "LINKED_ACCOUNT", "REGION"];

    public string Of(string dimension) => dimension switch
    {
        "SERVICE" => Service,
        "USAGE_TYPE" => UsageType,
        "REGION" => Region,
        _ => Account,
    };
}
