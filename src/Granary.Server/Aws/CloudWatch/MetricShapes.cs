using System.Globalization;
using Granary.Core;
using Granary.Core.Usage;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.CloudWatch;

/// <summary>What the operations read alike, with the strings of CloudWatch's model.</summary>
internal static class MetricShapes
{
    public const string Namespace = "AWS/CodeArtifact";
    public const string Domain = "DomainName";
    public const string Repository = "RepositoryName";
    public const string Format = "PackageFormat";

    public static readonly string[] Statistics = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

    public static readonly TextShape NamespaceShape = TextShape.Of(1, 255, "[^:].*", _ => true);
    public static readonly TextShape Name = TextShape.Of(1, 255, ".+", _ => true);
    public static readonly TextShape DimensionValue = TextShape.Of(1, 1024, ".+", _ => true);

    /// <summary>A moment in whole seconds.</summary>
    public static DateTimeOffset Moment(this BodyArguments arguments, string name) => arguments.Seconds(name) switch
    {
        null => throw Refusal.Named(RefusalKind.Validation, "MissingParameter", $"The parameter {name} is required."),
        >= 0 and <= 253_402_300_799 and var seconds => DateTimeOffset.FromUnixTimeSeconds((long)seconds),
        _ => throw Invalid($"The parameter {name} is no time between 1970 and 9999."),
    };

    /// <summary>Seconds: whole minutes.</summary>
    public static int Period(BodyArguments arguments)
    {
        var period = arguments.Integer("Period", 1, int.MaxValue) ?? throw Refusal.Named(RefusalKind.Validation, "MissingParameter", "The parameter Period is required.");
        return period % 60 == 0 && period <= Resolutions.Day * 366
            ? period : throw Invalid("The parameter Period must be a multiple of 60, and a year at most: metrics are kept by the minute here.");
    }

    /// <summary>The series of the metric that the arguments name; null where there is none.</summary>
    public static MetricSeries? Series(string account, BodyArguments arguments)
    {
        var space = arguments.Required("Namespace", NamespaceShape);
        var name = arguments.Required("MetricName", Name);
        var dimensions = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var dimension in arguments.Objects("Dimensions", 30) ?? [])
        {
            if (!dimensions.TryAdd(dimension.Required("Name", Name), dimension.Required("Value", DimensionValue)))
            {
                throw Invalid("Dimensions name one dimension more than once.");
            }
        }

        var (domain, repository, format) = (dimensions.GetValueOrDefault(Domain), dimensions.GetValueOrDefault(Repository), dimensions.GetValueOrDefault(Format));
        var known = (domain is null ? 0 : 1) + (repository is null ? 0 : 1) + (format is null ? 0 : 1);
        // Each set of dimensions is a metric of its own: CloudWatch adds nothing up over a dimension that is left out.
        var isOne = space == Namespace && domain is not null && known == dimensions.Count && (format is null || repository is not null);
        return isOne && UsageMetrics.Find(name) is { } metric && !(metric.IsGauge() && format is not null)
            ? new MetricSeries(account, metric, domain!, repository, format)
            : null;
    }

    public static IEnumerable<(string Name, string Value)> Dimensions(MetricSeries series)
    {
        yield return (Domain, series.Domain);
        if (series.Repository is { } repository)
        {
            yield return (Repository, repository);
        }

        if (series.Format is { } format)
        {
            yield return (Format, format);
        }
    }

    public static double Value(StatisticSet set, string statistic) => statistic switch
    {
        "SampleCount" => set.Samples,
        "Average" => set.Average,
        "Sum" => set.Sum,
        "Minimum" => set.Minimum,
        _ => set.Maximum,
    };

    public static Refusal Invalid(string message) => Refusal.Named(RefusalKind.Validation, "InvalidParameterValue", message);

    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
