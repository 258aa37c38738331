namespace Granary.Core.Collection;

/// <summary>
/// A key of the storage that no row names: a publish that is about to commit, or one that never will. It is given up once rounds of
/// the collection have found it for as long as the grace.
/// </summary>
public sealed class StrayKey
{
    public required long DomainId { get; init; }

    public required string Key { get; init; }

    /// <summary>By the collection's own clock, in milliseconds.</summary>
    public required long NoticedAt { get; init; }
}
