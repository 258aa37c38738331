namespace Granary.Core.Events.Delivery;

/// <summary>An event on a bus of an account.</summary>
/// <param name="OrderKey">As of <see cref="EventDelivery"/>.</param>
/// <param name="At">The event's own time.</param>
/// <param name="Json">All of it, as targets get it.</param>
/// <param name="Hops">How many buses have handed it on.</param>
public sealed record BusEvent(string Account, string Bus, string OrderKey, DateTimeOffset At, string Json, int Hops = 0);
