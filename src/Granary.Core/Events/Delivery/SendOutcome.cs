namespace Granary.Core.Events.Delivery;

/// <summary>What became of one attempt to send an event.</summary>
/// <param name="IsDelivered">The target has taken it.</param>
/// <param name="IsFinal">Another attempt would fare no better.</param>
/// <param name="Reason">What it failed of, for the operator.</param>
/// <param name="After">The least time until the next attempt, where the target said so.</param>
public sealed record SendOutcome(bool IsDelivered, bool IsFinal, string? Reason, TimeSpan? After)
{
    public static SendOutcome Delivered { get; } = new(true, true, null, null);

    public static SendOutcome Retry(string reason, TimeSpan? after = null) => new(false, false, reason, after);

    public static SendOutcome Rejected(string reason) => new(false, true, reason, null);
}

/// <summary>Sends an event to a target. It ends within a time of its own and throws nothing but for the cancellation.</summary>
/// <param name="delivery">The event and where it goes.</param>
public delegate Task<SendOutcome> SendEvent(EventDelivery delivery, CancellationToken cancellation);

/// <summary>Hands an event that a target did not take to the queue that the target names for that. It throws nothing but for the cancellation.</summary>
/// <param name="reason">Why the target did not take it.</param>
/// <returns>What it failed of; null where it is in the queue, or there is none.</returns>
public delegate Task<string?> SendDeadLetter(EventDelivery delivery, string reason, CancellationToken cancellation);
