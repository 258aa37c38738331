using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Granary.Core;

namespace Granary.Formats.Npm;

/// <summary>Parses JSON that strangers wrote, so that every later look at it is safe and unambiguous.</summary>
internal static class NpmJsonDocument
{
    /// <summary>Members and elements within one another; deeper documents are refused.</summary>
    public const int MaxDepth = 64;

    /// <summary>A member's name, in bytes as sent.</summary>
    public const int MaxKey = 4096;

    private const int MaxNumber = 40;

    /// <summary>
    /// A JSON object. Every string in it can be read. A strict parse refuses duplicate names, NUL, huge numbers and huge names as well, which
    /// old packages in public sources do hold.
    /// </summary>
    /// <param name="json">UTF-8 without a byte order mark.</param>
    /// <param name="what">The subject of the message, such as "The publish document".</param>
    /// <param name="strict">Whether to refuse what different readers read differently.</param>
    /// <exception cref="Refusal">The text is not such an object.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> json, string what, bool strict)
    {
        try
        {
            Check(json.Span, what, strict);
            var root = JsonElement.Parse(json.Span, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = !strict });
            return root.ValueKind == JsonValueKind.Object ? root : throw Refusal.Validation($"{what} is not a JSON object.");
        }
        catch (JsonException e)
        {
            var reason = e.Message.Length > 200 ? e.Message[..200] : e.Message;
            throw Refusal.Validation($"{what} is not valid JSON: {reason}");
        }
    }

    /// <summary>A member's text, or null where the value is no object, or the member is missing or no string.</summary>
    public static string? Text(JsonElement value, string member) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()
            : null;

    /// <summary>A text out of JSON that was not parsed here; null where the value is no string, or not text (half of a surrogate pair).</summary>
    public static string? UncheckedText(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The same of the token that a reader has reached.</summary>
    public static string? UncheckedText(ref Utf8JsonReader json)
    {
        try
        {
            return json.TokenType is JsonTokenType.String or JsonTokenType.PropertyName ? json.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Whether the token that a reader has reached is this text. The reader's own comparison throws where the token is not text.</summary>
    public static bool NameIs(this ref Utf8JsonReader json, ReadOnlySpan<byte> text) =>
        json.ValueIsEscaped ? UncheckedText(ref json) == Encoding.UTF8.GetString(text) : json.ValueTextEquals(text);

    private static void Check(ReadOnlySpan<byte> json, string what, bool strict)
    {
        if (!Utf8.IsValid(json))
        {
            throw Refusal.Validation($"{what} is not valid UTF-8.");
        }

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName when strict && reader.ValueSpan.Length > MaxKey:
                    throw Refusal.Validation($"{what} has a member whose name is longer than {MaxKey:N0} bytes: shorten it.");
                case JsonTokenType.PropertyName or JsonTokenType.String when reader.ValueIsEscaped:
                    CheckEscapes(ref reader, what, strict);
                    break;
                case JsonTokenType.Number when strict && !IsSafeNumber(ref reader):
                    throw Refusal.Validation($"{what} has a number that JavaScript cannot hold: write it as a string.");
                default:
                    break;
            }
        }
    }

    // Half of a surrogate pair parses, and throws only when somebody reads the string.
    private static void CheckEscapes(ref Utf8JsonReader reader, string what, bool strict)
    {
        string? text;
        try
        {
            text = reader.GetString();
        }
        catch (InvalidOperationException)
        {
            throw Refusal.Validation($"{what} has a string with half of a surrogate pair, which is not text: remove the escape.");
        }

        if (strict && text!.Contains('\0', StringComparison.Ordinal))
        {
            throw Refusal.Validation($"{what} has a string with a NUL character: remove it.");
        }
    }

    private static bool IsSafeNumber(ref Utf8JsonReader reader) =>
        reader.ValueSpan.Length <= MaxNumber
        && !reader.ValueSpan.SequenceEqual("-0"u8)
        && reader.TryGetDouble(out var value)
        && double.IsFinite(value);
}
