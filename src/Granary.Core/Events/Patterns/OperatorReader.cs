using System.Text;
using System.Text.Json;

namespace Granary.Core.Events.Patterns;

/// <summary>Reads the list of values of a field: plain ones, and match expressions such as <c>{"prefix": "my-"}</c>.</summary>
internal static class OperatorReader
{
    private const string OneKey = "Only one key allowed in match expression";

    /// <summary>The reader is at the bracket that opens the list, and afterwards at the one that closes it.</summary>
    public static FieldTest Read(ref PatternReader reader, string[] path)
    {
        var matchers = new List<ValueMatcher>();
        var orAbsent = false;
        var isEmpty = true;
        for (; reader.Next() is not JsonTokenType.EndArray; isEmpty = false)
        {
            if (Value(ref reader) is { } matcher)
            {
                matchers.Add(matcher);
            }
            else
            {
                orAbsent = true;
            }
        }

        return isEmpty ? throw reader.Fault("Empty arrays are not allowed") : new FieldTest(path, [.. matchers], orAbsent);
    }

    /// <returns>Null for <c>{"exists": false}</c>, which no value matches.</returns>
    private static ValueMatcher? Value(ref PatternReader reader) => reader.Type switch
    {
        JsonTokenType.StartObject => Expression(ref reader),
        JsonTokenType.String => new ExactString(Encoding.UTF8.GetBytes(reader.Text())),
        JsonTokenType.Number => new EqualNumber(reader.Raw),
        JsonTokenType.True => new Literal(JsonValueKind.True),
        JsonTokenType.False => new Literal(JsonValueKind.False),
        JsonTokenType.Null => new Literal(JsonValueKind.Null),
        _ => throw reader.Fault("Match value must be String, number, true, false, or null"),
    };

    private static ValueMatcher? Expression(ref PatternReader reader)
    {
        if (reader.Next() is not JsonTokenType.PropertyName)
        {
            throw reader.Fault("Match expression name not found");
        }

        var name = reader.Text();
        switch (name)
        {
            case "exactly":
                return Closed(ref reader, new ExactString(Encoding.UTF8.GetBytes(Operand(ref reader, "exact match pattern must be a string"))));
            case "prefix":
                return Affix(ref reader, name, Part.Beginning);
            case "suffix":
                return Affix(ref reader, name, Part.End);
            case "equals-ignore-case":
                return Closed(ref reader, new IgnoringCase(Operand(ref reader, "equals-ignore-case match pattern must be a string"), Part.Whole));
            case "wildcard":
                return Closed(ref reader, Pattern(ref reader, Operand(ref reader, "wildcard match pattern must be a string")));
            case "cidr":
                // The words are EventBridge's.
                return Closed(ref reader, Network(Operand(ref reader, "prefix match pattern must be a string")));
            case "numeric":
                return NumericReader.Read(ref reader);
            case "anything-but":
                return AnythingButReader.Read(ref reader);
            case "exists":
                var exists = reader.Next() switch
                {
                    JsonTokenType.True => true,
                    JsonTokenType.False => false,
                    _ => throw reader.Fault("exists match pattern must be either true or false."),
                };
                return Closed(ref reader, exists ? new AnyValue() : null);
            default:
                throw reader.Fault($"Unrecognized match type {name}");
        }
    }

    private static ValueMatcher Affix(ref PatternReader reader, string name, Part part)
    {
        if (reader.Next() is not JsonTokenType.StartObject)
        {
            var text = reader.Type is JsonTokenType.String ? Encoding.UTF8.GetBytes(reader.Text()) : throw reader.Fault($"{name} match pattern must be a string");
            return Closed(ref reader, part is Part.Beginning ? new Prefix(text) : new Suffix(text))!;
        }

        if (reader.Next() is not JsonTokenType.PropertyName)
        {
            throw reader.Fault($"{(part is Part.Beginning ? "Prefix" : "Suffix")} expression name not found");
        }

        if (reader.Text() is not "equals-ignore-case" and var other)
        {
            throw reader.Fault($"Unsupported {name} pattern: {other}");
        }

        var matcher = new IgnoringCase(Operand(ref reader, "equals-ignore-case match pattern must be a string"), part);
        Closed(ref reader, matcher);
        return Closed(ref reader, matcher)!;
    }

    /// <summary>The string that is next.</summary>
    private static string Operand(ref PatternReader reader, string otherwise) =>
        reader.Next() is JsonTokenType.String ? reader.Text() : throw reader.Fault(otherwise);

    private static ValueMatcher? Closed(ref PatternReader reader, ValueMatcher? matcher) =>
        reader.Next() is JsonTokenType.EndObject ? matcher : throw reader.Fault(OneKey);

    internal static Wildcard Pattern(ref PatternReader reader, string text)
    {
        try
        {
            return Wildcard.Parse(text);
        }
        catch (FormatException failure)
        {
            throw reader.Fault(failure.Message, wasRead: true);
        }
    }

    private static AddressRange Network(string text)
    {
        try
        {
            return AddressRange.Parse(text);
        }
        catch (FormatException failure)
        {
            // Of these EventBridge does not tell the place.
            throw new InvalidEventPatternException(failure.Message);
        }
    }
}
