namespace Granary.Core.Events.Buses;

/// <summary>A key and value on a rule or a bus. At most 50 a resource.</summary>
public sealed class EventTag
{
    public required string AccountId { get; init; }

    /// <summary>What its ARN has after the account, such as <c>rule/name</c> or <c>event-bus/name</c>.</summary>
    public required string Resource { get; init; }

    public required string Key { get; init; }

    public required string Value { get; set; }
}
