using System.Text.Json;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>What many of EventBridge's answers have.</summary>
internal static class EventBridgeJson
{
    /// <summary>A member that is left out where there is nothing.</summary>
    public static void WriteOptional(this Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>A moment as AWS's clients read it: seconds since 1970 with milliseconds. Left out where there is none.</summary>
    public static void WriteMoment(this Utf8JsonWriter json, string name, DateTimeOffset? moment)
    {
        if (moment is { } at)
        {
            json.WriteNumber(name, at.ToUnixTimeMilliseconds() / 1000m);
        }
    }

    /// <summary>A page of a list, and the token of the next.</summary>
    public static Action<Utf8JsonWriter> List<T>(Page page, string list, IReadOnlyList<T> rows, Func<T, string> key, Action<Utf8JsonWriter, T> write) => json =>
    {
        var (shown, next) = page.Cut(rows, row => [key(row)]);
        json.WriteStartArray(list);
        foreach (var row in shown)
        {
            write(json, row);
        }

        json.WriteEndArray();
        json.WriteOptional("NextToken", next);
    };

    /// <summary>An object as a member of a list.</summary>
    public static void WriteObject(this Utf8JsonWriter json, Action<Utf8JsonWriter> members)
    {
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    }

    /// <summary>The key of a page whose rows are known by one text.</summary>
    public static string? After(this Page page) => page.After?[0];
}
