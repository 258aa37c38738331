using System.Text.Json;
using Granary.Core;
using Granary.Core.Events.Buses;
using Granary.Core.Events.Patterns;

namespace Granary.Server.Aws.EventBridge;

/// <summary>Patterns as requests have them.</summary>
internal static class EventPatterns
{
    private static readonly string[] Mandatory = ["id", "account", "source", "time", "region", "resources", "detail-type"];

    /// <exception cref="Refusal">InvalidEventPattern.</exception>
    public static EventPattern Read(string pattern)
    {
        try
        {
            return EventPattern.Parse(pattern);
        }
        catch (InvalidEventPatternException fault)
        {
            throw Refusal.Named(RefusalKind.Validation, "InvalidEventPatternException", fault.Message);
        }
    }

    /// <summary>The condition keys that ask which events a rule is for: the sources and detail types that its pattern lists.</summary>
    /// <param name="pattern">One that was read without a fault.</param>
    public static void AddKeys(Dictionary<string, string[]> keys, string pattern)
    {
        using var document = JsonDocument.Parse(pattern);
        foreach (var (key, field) in new[] { ("events:source", "source"), ("events:detail-type", "detail-type") })
        {
            var values = document.RootElement.EnumerateObject().Where(m => m.NameEquals(field) && m.Value.ValueKind is JsonValueKind.Array)
                .SelectMany(m => m.Value.EnumerateArray().Where(v => v.ValueKind is JsonValueKind.String).Select(Text)).ToArray();
            if (values.Length > 0)
            {
                keys[key] = values;
            }
        }
    }

    /// <summary>An event that a pattern is tried with.</summary>
    /// <exception cref="Refusal">Validation: it is no JSON object, or lacks a field that every event has.</exception>
    public static JsonElement Event(string text)
    {
        JsonElement read;
        try
        {
            read = JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            throw EventRefusals.Invalid("Parameter Event is not valid. Reason: It is not JSON.");
        }

        if (read.ValueKind is not JsonValueKind.Object)
        {
            throw EventRefusals.Invalid("Parameter Event is not valid. Reason: It is not a JSON object.");
        }

        return Array.Find(Mandatory, field => !read.EnumerateObject().Any(m => m.NameEquals(field))) is { } missing
            ? throw EventRefusals.Invalid($"Parameter Event is not valid. Reason: It has no {missing}. Every event has {string.Join(", ", Mandatory)}.")
            : read;
    }

    // Half of a surrogate pair is in no policy either.
    private static string Text(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return "\uFFFD";
        }
    }
}
