namespace Granary.Core.Events.Delivery;

/// <summary>An event on its way to one target of one rule. The row goes when the target has taken it.</summary>
public sealed class EventDelivery
{
    public required string AccountId { get; init; }

    public required string Bus { get; init; }

    public required string Rule { get; init; }

    /// <summary>The target's id within its rule.</summary>
    public required string Target { get; init; }

    /// <summary>Rising in the order in which events were matched.</summary>
    public required long Id { get; init; }

    /// <summary>Events of one key are delivered one after the other: the package's ARN, or something of the event's own.</summary>
    public required string OrderKey { get; init; }

    public required string Event { get; init; }

    /// <summary>How many buses had handed it on before.</summary>
    public int Hops { get; init; }

    /// <summary>When it was matched: the age that the retry policy limits counts from here.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    public int Attempts { get; set; }

    /// <summary>Not to be sent before.</summary>
    public required DateTimeOffset DueAt { get; set; }

    /// <summary>What the last attempt failed of; null: none has.</summary>
    public string? LastError { get; set; }
}
