namespace Granary.Core.Usage;

/// <summary>
/// What one metric came to in one span of time, for one repository and one value of a facet. Every node adds its own part, so that the
/// row is the sum of all.
/// </summary>
public sealed class MetricRollup
{
    /// <summary>The account that owns the domain; of a request that is about no domain, the caller's.</summary>
    public required string AccountId { get; init; }

    /// <summary>Empty where it is about no domain. A name and no id: what a domain has cost is asked for after it is deleted too.</summary>
    public required string DomainName { get; init; }

    /// <summary>By what it is told apart: one of <see cref="Facets"/>.</summary>
    public required string Facet { get; init; }

    public required string Metric { get; init; }

    /// <summary>The length of the span: 60, 300, 3,600 or 86,400.</summary>
    public required int Seconds { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    /// <summary>Empty where it is about the domain as a whole.</summary>
    public required string Repository { get; init; }

    /// <summary>A format, the ARN of a user or role, the pattern of a package group; empty where there is none.</summary>
    public required string FacetValue { get; init; }

    /// <summary>Whole numbers, as the other two: see <see cref="UsageMetrics.Scale"/>.</summary>
    public required long Sum { get; set; }

    public required long Samples { get; set; }

    public required long Minimum { get; set; }

    public required long Maximum { get; set; }
}

/// <summary>By what the requests of a repository are told apart. Each facet holds all of them.</summary>
public static class Facets
{
    public const string Format = "format";
    public const string Principal = "principal";
    public const string PackageGroup = "group";

    /// <summary>Measurements of storage, which have no other facet.</summary>
    public const string Storage = "storage";
}

/// <summary>The spans that are kept, and for how long, as CloudWatch keeps its own.</summary>
public static class Resolutions
{
    public const int Minute = 60;
    public const int FiveMinutes = 300;
    public const int Hour = 3600;
    public const int Day = 86_400;

    /// <summary>From the longest.</summary>
    public static IReadOnlyList<int> All { get; } = [Day, Hour, FiveMinutes, Minute];

    /// <summary>How long spans of that length are kept. Days are what bills are made of: for five years.</summary>
    public static TimeSpan Kept(int seconds) => TimeSpan.FromDays(seconds switch
    {
        Minute => 15,
        FiveMinutes => 63,
        Hour => 455,
        _ => 5 * 366,
    });

    /// <summary>The beginning of the span in which a moment lies.</summary>
    public static DateTimeOffset Floor(DateTimeOffset moment, int seconds) =>
        DateTimeOffset.FromUnixTimeSeconds(moment.ToUnixTimeSeconds() / seconds * seconds);
}

/// <summary>How often an asset of a version was downloaded from a repository, and when last.</summary>
public sealed class DownloadCount
{
    public required long DomainId { get; init; }

    public required string Repository { get; init; }

    public required string Format { get; init; }

    /// <summary>Empty where the package has none.</summary>
    public required string Namespace { get; init; }

    public required string Package { get; init; }

    public required string Version { get; init; }

    public required string Asset { get; init; }

    public required long Count { get; set; }

    /// <summary>To a quarter of a minute.</summary>
    public required DateTimeOffset LastAt { get; set; }
}
