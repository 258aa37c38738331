namespace Granary.Core.Events.Delivery;

/// <summary>What knows how to reach targets.</summary>
/// <param name="Send">Sends an event.</param>
/// <param name="SendDead">Hands one on that was not taken.</param>
/// <param name="Policy">How long the target of an event is to be tried.</param>
public sealed record EventSenders(SendEvent Send, SendDeadLetter SendDead, Func<EventDelivery, CancellationToken, Task<RetryPolicy>> Policy);
