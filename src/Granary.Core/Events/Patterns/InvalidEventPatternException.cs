namespace Granary.Core.Events.Patterns;

/// <summary>A pattern is not one of EventBridge's language. The message is the one that EventBridge answers with, as far as it is known.</summary>
public sealed class InvalidEventPatternException(string reason) : Exception($"Event pattern is not valid. Reason: {reason}");
