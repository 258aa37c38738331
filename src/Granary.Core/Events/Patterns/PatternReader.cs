using System.Text;
using System.Text.Json;

namespace Granary.Core.Events.Patterns;

/// <summary>The tokens of a pattern, one after the other, and the place in the text that an error message ends with.</summary>
internal ref struct PatternReader
{
    // As EventBridge's own reader cuts what it repeats.
    private const int RepeatedCharacters = 500;

    private readonly string source;
    private readonly byte[] bytes;
    private Utf8JsonReader json;

    public PatternReader(string source)
    {
        this.source = source;
        bytes = Encoding.UTF8.GetBytes(source);
        // No text of the allowed length is deeper.
        json = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = EventPattern.MostCharacters });
    }

    public readonly JsonTokenType Type => json.TokenType;

    public readonly bool IsNumber => Type is JsonTokenType.Number;

    /// <summary>The number as it is written.</summary>
    public readonly ReadOnlySpan<byte> Raw => json.ValueSpan;

    /// <summary>Goes on by one token.</summary>
    public JsonTokenType Next()
    {
        try
        {
            return json.Read() ? json.TokenType : throw Fault("Unexpected end of input");
        }
        catch (JsonException failure)
        {
            throw new InvalidEventPatternException(
                $"Invalid JSON{Place((int)(failure.LineNumber ?? 0) + 1, (int)(failure.BytePositionInLine ?? 0) + 1)}");
        }
    }

    /// <summary>Holds the text to its end: nothing but blanks may follow the pattern.</summary>
    public void End()
    {
        try
        {
            json.Read();
        }
        catch (JsonException)
        {
            throw Fault("Invalid JSON");
        }
    }

    /// <summary>A name or a string.</summary>
    public readonly string Text()
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, escaped: JSON as such allows it.
            throw Fault("Invalid JSON");
        }
    }

    /// <summary>The token as an error message repeats it.</summary>
    public readonly string Token() => Type switch
    {
        JsonTokenType.String or JsonTokenType.PropertyName => Text(),
        _ => Encoding.UTF8.GetString(json.ValueSpan),
    };

    /// <summary>The exception for the token that was read last.</summary>
    /// <param name="reason">In EventBridge's words.</param>
    /// <param name="wasRead">Whether the token is a string whose text was looked at: the reader that EventBridge has stands behind it then, else at its beginning.</param>
    public readonly InvalidEventPatternException Fault(string reason, bool wasRead = false)
    {
        var at = this;
        if (Type is JsonTokenType.PropertyName)
        {
            // That reader has begun the value when it tells the name.
            at.Next();
            wasRead = false;
        }

        var position = at.Type is JsonTokenType.String && !wasRead ? (int)at.json.TokenStartIndex + 1 : (int)at.json.BytesConsumed;
        var before = Encoding.UTF8.GetString(bytes.AsSpan(0, position));
        return new InvalidEventPatternException($"{reason}{Place(before.AsSpan().Count('\n') + 1, before.Length - before.LastIndexOf('\n'))}");
    }

    private readonly string Place(int line, int column)
    {
        var repeated = source.Length > RepeatedCharacters ? $"\"{source[..RepeatedCharacters]}\"[truncated {source.Length - RepeatedCharacters} chars]" : $"\"{source}\"";
        return $"\n at [Source: (String){repeated}; line: {line}, column: {column}]";
    }
}
