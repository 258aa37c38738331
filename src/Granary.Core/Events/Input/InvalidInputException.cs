namespace Granary.Core.Events.Input;

/// <summary>What a target says about its input cannot be followed. The message is for who called PutTargets.</summary>
public sealed class InvalidInputException(string message) : Exception(message);
