using System.Text.Json;
using Granary.Core.Events.Input;

namespace Granary.Server.Events.Targets;

/// <summary>Parameters of a target that are JSON paths stand for what the event has there; always the event itself, not what the target's input makes of it.</summary>
internal static class DynamicParameters
{
    /// <param name="value">A text, or a path that begins with <c>$.</c></param>
    /// <param name="event">The event.</param>
    /// <returns>A string without its quotes, anything else as JSON; empty where the event does not have it, and the text itself where it is no path.</returns>
    public static string Resolve(string value, JsonElement @event)
    {
        if (!value.StartsWith("$.", StringComparison.Ordinal) || InputPath.Find(value) is not { } path)
        {
            return value;
        }

        var found = path.Render(@event);
        try
        {
            return found is "null" ? "" : found is ['"', ..] ? JsonSerializer.Deserialize<string>(found)! : found;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // Half of a surrogate pair is no text that could be sent anywhere.
            return "";
        }
    }
}
