namespace Granary.Core.Jobs;

/// <summary>Work in the background that one node at a time does, and where it is.</summary>
public sealed class JobLease
{
    public required string Name { get; init; }

    /// <summary>Who does it now; null: nobody.</summary>
    public string? Owner { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Where the round that is not finished goes on; null: at its beginning.</summary>
    public string? Cursor { get; init; }

    /// <summary>The job's own clock, in milliseconds: see <see cref="JobLeases"/>.</summary>
    public required long Elapsed { get; init; }

    /// <summary>When <see cref="Elapsed"/> was moved last, by the database's clock.</summary>
    public required DateTimeOffset SeenAt { get; init; }

    /// <summary>When a round was last finished; null: never.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}
