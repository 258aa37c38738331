namespace Granary.Core.Events.Delivery;

/// <summary>How far a domain's changes have become events. It outlives the domain until the last of them has.</summary>
public sealed class EventCursor
{
    public required long DomainId { get; init; }

    public required string Owner { get; init; }

    /// <summary>The domain's name, which its row cannot tell any more once it is deleted.</summary>
    public required string Domain { get; init; }

    /// <summary>The number of the last change that has been looked at.</summary>
    public required long Reached { get; set; }
}
