namespace Granary.Server.Events.Targets;

/// <summary>One event for one target.</summary>
public sealed record TargetCall
{
    /// <summary>The same for each attempt, and another for each event and target: what keeps a retry from being done twice, where the target can tell.</summary>
    public required string DeliveryId { get; init; }

    /// <summary>The <c>id</c> of the event.</summary>
    public required string EventId { get; init; }

    /// <summary>The account of the rule, which is who sends.</summary>
    public required string Account { get; init; }

    /// <summary>Of the target.</summary>
    public required string Arn { get; init; }

    /// <summary>What the target is told: the event, or what the target's input makes of it.</summary>
    public required string Payload { get; init; }

    /// <summary>The event itself, as JSON: other buses get it, and parameters are looked up in it.</summary>
    public required string Event { get; init; }

    /// <summary>How many buses have handed the event on.</summary>
    public int Hops { get; init; }

    /// <summary>The target's own settings.</summary>
    public TargetSettings Settings { get; init; } = TargetSettings.None;

    /// <summary>For FIFO queues and topics; the delivery's id where it is null.</summary>
    public string? DeduplicationId { get; init; }

    /// <summary>Goes with a message to a queue as text attributes, as those of dead letters do.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    /// <summary>Where an API destination is; null for other targets, and where the destination is not there any more.</summary>
    public WebDestination? Destination { get; init; }
}
