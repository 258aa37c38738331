namespace Granary.Core.Events.Delivery;

/// <summary>An event that a target did not take. It is kept until somebody sends it again or forgets it.</summary>
public sealed class DeadLetter
{
    public required string AccountId { get; init; }

    public required string Bus { get; init; }

    public required string Rule { get; init; }

    public required string Target { get; init; }

    /// <summary>A UUID of version 7: rising in the order in which they were given up, which is the one in which they are offered again.</summary>
    public required string Id { get; init; }

    public required string OrderKey { get; init; }

    public required string Event { get; init; }

    public required DateTimeOffset AcceptedAt { get; init; }

    public required DateTimeOffset DeadAt { get; init; }

    public required int Attempts { get; init; }

    public required string Reason { get; init; }

    /// <summary>Somebody has asked for it to be sent again.</summary>
    public bool IsWanted { get; init; }
}
