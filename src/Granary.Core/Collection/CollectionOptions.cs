namespace Granary.Core.Collection;

/// <summary>What operators say of the collection.</summary>
public sealed record CollectionOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Collection";

    /// <summary>How often the server collects; zero: never.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long what nothing names is kept. No publish depends on it; a backup does, which copies rows first and bytes after, and must
    /// be done before. Harbor keeps the same two hours.
    /// </summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(2);

    /// <summary>The most that one round can make anything older, so that no jump of a clock makes everything old at once.</summary>
    internal TimeSpan Step => Grace / 2;
}
