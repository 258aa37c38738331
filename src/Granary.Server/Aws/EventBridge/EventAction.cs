using System.Text.Json;

namespace Granary.Server.Aws.EventBridge;

/// <summary>One operation of EventBridge.</summary>
/// <param name="Name">As in AWS's model; after <c>events:</c> the action that is decided on.</param>
/// <param name="RunAsync">Reads its parameters, asks <see cref="EventCall.AuthoriseAsync"/>, works, and answers what writes the answer's members.</param>
internal sealed record EventAction(string Name, Func<EventCall, Task<Action<Utf8JsonWriter>>> RunAsync)
{
    /// <summary>Whether the audit trail tells nothing of the parameters.</summary>
    public bool HidesParameters { get; init; }

    /// <summary>The answer of operations that have none.</summary>
    public static Action<Utf8JsonWriter> Nothing { get; } = _ => { };
}
