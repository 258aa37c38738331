namespace Granary.Core.Trail;

/// <summary>One chain of segments: where it begins and where it ends, under a MAC, so that neither end can be cut off unseen.</summary>
public sealed class TrailHead
{
    /// <summary>The row that counts the chains themselves, so that none can vanish as a whole.</summary>
    public const string Registry = "*";

    /// <summary>A <see cref="TrailChain"/>, such as <c>domain:1</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The number of the last segment.</summary>
    public required long Count { get; init; }

    /// <summary>The MAC of that segment; zeros before there is one.</summary>
    public required byte[] Head { get; init; }

    /// <summary>The number of the first segment that retention has kept.</summary>
    public required long First { get; init; }

    /// <summary>The MAC of its predecessor.</summary>
    public required byte[] Floor { get; init; }

    public required byte[] Mac { get; init; }
}

/// <summary>Some records of one chain, written in one transaction.</summary>
public sealed class TrailSegment
{
    public required string TrailId { get; init; }

    /// <summary>From 1, without gaps.</summary>
    public required long Number { get; init; }

    public required DateTimeOffset FirstAt { get; init; }

    public required DateTimeOffset LastAt { get; init; }

    public required int Records { get; init; }

    /// <summary>The accounts that any of the records is for, each with a comma before and behind it.</summary>
    public required string Accounts { get; init; }

    /// <summary>Over everything else here and the MAC of the segment before.</summary>
    public required byte[] Mac { get; init; }

    /// <summary>See <see cref="SegmentBody"/>.</summary>
    public required byte[] Body { get; init; }
}
