using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Granary.Core.Events.Patterns;

/// <summary>A string, number, boolean or null of an event, without a copy of it wherever nothing in it is escaped.</summary>
internal readonly ref struct EventValue
{
    public EventValue(JsonElement element)
    {
        Kind = element.ValueKind;
        var raw = JsonMarshal.GetRawUtf8Value(element);
        Text = Kind is not JsonValueKind.String ? raw : raw.Contains((byte)'\\') ? Unescape(element, raw[1..^1]) : raw[1..^1];
    }

    public JsonValueKind Kind { get; }

    /// <summary>In UTF-8: what a string says, and how anything else is written.</summary>
    public ReadOnlySpan<byte> Text { get; }

    public bool IsString => Kind is JsonValueKind.String;

    private static ReadOnlySpan<byte> Unescape(JsonElement element, ReadOnlySpan<byte> raw)
    {
        try
        {
            return Encoding.UTF8.GetBytes(element.GetString()!);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair is no text. It stands for itself as it is written.
            return raw;
        }
    }
}
