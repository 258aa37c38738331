namespace Granary.Core.Events.Delivery;

/// <summary>An event that somebody has put on a bus, and that has not been compared with the bus's rules yet.</summary>
public sealed class IncomingEvent
{
    public required string AccountId { get; init; }

    /// <summary>A UUID of version 7, rising with time on each node.</summary>
    public required string Id { get; init; }

    public required string Bus { get; init; }

    /// <summary>How many buses have handed it on.</summary>
    public int Hops { get; init; }

    /// <summary>The whole event in JSON, as targets get it.</summary>
    public required string Event { get; init; }
}
