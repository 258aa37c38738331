namespace Granary.Core.Events.Delivery;

/// <summary>An event that an archive keeps, to be replayed.</summary>
public sealed class ArchivedEvent
{
    public required string AccountId { get; init; }

    /// <summary>The id of the archive.</summary>
    public required string ArchiveId { get; init; }

    /// <summary>Rising in the order in which events were matched.</summary>
    public required long Id { get; init; }

    /// <summary>The event's own time, which replays choose by.</summary>
    public required DateTimeOffset At { get; init; }

    public required string OrderKey { get; init; }

    public required string Event { get; init; }
}
