namespace Granary.Core.Events.Delivery;

/// <summary>Another node turns changes into events by now.</summary>
internal sealed class LostTurnException() : Exception("Another node delivers events by now.");
