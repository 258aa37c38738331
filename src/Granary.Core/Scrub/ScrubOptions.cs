namespace Granary.Core.Scrub;

/// <summary>What operators say of the scrub.</summary>
public sealed record ScrubOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Scrub";

    /// <summary>How often every asset is read; zero: never.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How fast, so that whoever is served does not notice; 12 TB in a week.</summary>
    public long BytesPerSecond { get; init; } = 20L << 20;
}
