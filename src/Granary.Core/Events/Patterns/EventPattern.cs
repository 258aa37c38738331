using System.Text.Json;

namespace Granary.Core.Events.Patterns;

/// <summary>
/// A pattern of EventBridge's language, read once and asked for many events. An event matches where each field that the pattern names has one of the
/// values that the pattern lists. What AWS's pages leave open follows the engine that EventBridge runs, which is published as Event Ruler.
/// </summary>
/// <remarks>
/// Two things are told differently here and there. Numbers are equal by value, so that 300 is 300.0, although the user guide says otherwise: the service
/// itself behaves so. And a name with a dot in it is one name, where the engine takes it for two, which its own documentation advises not to rely upon.
/// </remarks>
public sealed class EventPattern
{
    /// <summary>Of a pattern, in UTF-16 code units: EventBridge's default quota.</summary>
    public const int MostCharacters = 2048;

    private readonly FieldTree[] alternatives;

    private EventPattern(FieldTree[] alternatives) => this.alternatives = alternatives;

    /// <exception cref="InvalidEventPatternException">The text is no pattern; the message says why, in EventBridge's words.</exception>
    public static EventPattern Parse(string json) => json.Length > MostCharacters
        ? throw new InvalidEventPatternException($"Event pattern exceeds the limit of {MostCharacters} characters")
        : new EventPattern([.. PatternCompiler.Compile(json).Select(FieldTree.Build)]);

    /// <summary>Whether the event, a JSON object, is one that the pattern describes. What is no object matches nothing.</summary>
    public bool Matches(JsonElement @event)
    {
        if (@event.ValueKind is not JsonValueKind.Object)
        {
            return false;
        }

        foreach (var alternative in alternatives)
        {
            if (PatternMatch.Holds(alternative, @event))
            {
                return true;
            }
        }

        return false;
    }
}
