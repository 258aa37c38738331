using System.Text;
using System.Text.Json;

namespace Granary.Core.Events.Patterns;

/// <summary>
/// Reads what <c>anything-but</c> excludes: a string or a number, a list of the one or the other, or one of four operators over a string or a list of them.
/// </summary>
internal static class AnythingButReader
{
    private const string NotInList = "Inside anything but list, start|null|boolean is not supported.";

    /// <summary>The reader is at the operator's name, and afterwards at the brace that closes the expression.</summary>
    public static AnythingBut Read(ref PatternReader reader)
    {
        string? nested = null;
        if (reader.Next() is JsonTokenType.StartObject)
        {
            nested = Nested(ref reader);
            reader.Next();
        }

        if (reader.Type is not (JsonTokenType.StartArray or JsonTokenType.String or JsonTokenType.Number))
        {
            throw reader.Fault("Value of anything-but must be an array or single string/number value.");
        }

        var excluded = reader.Type is JsonTokenType.StartArray ? List(ref reader, nested) : [Value(ref reader, nested)];
        for (var braces = nested is null ? 1 : 2; braces > 0; braces--)
        {
            if (reader.Next() is not JsonTokenType.EndObject)
            {
                throw NumericReader.TooMany(ref reader);
            }
        }

        return new AnythingBut(excluded);
    }

    private static string Nested(ref PatternReader reader)
    {
        if (reader.Next() is not JsonTokenType.PropertyName)
        {
            throw reader.Fault("Anything-But expression name not found");
        }

        return reader.Text() is "prefix" or "suffix" or "equals-ignore-case" or "wildcard"
            ? reader.Text()
            : throw reader.Fault($"Unsupported anything-but pattern: {reader.Text()}");
    }

    private static ValueMatcher[] List(ref PatternReader reader, string? nested)
    {
        var values = new List<ValueMatcher>();
        var (strings, numbers) = (false, false);
        while (reader.Next() is not JsonTokenType.EndArray)
        {
            strings |= reader.Type is JsonTokenType.String;
            numbers |= reader.IsNumber;
            values.Add(Value(ref reader, nested));
        }

        if (nested is null && strings == numbers)
        {
            throw reader.Fault("Inside anything but list, either all values are number or string, mixed type is not supported");
        }

        // EventBridge takes it and then excludes nothing by it, which nobody can have meant.
        return values.Count == 0 ? throw reader.Fault("Empty arrays are not allowed") : [.. values];
    }

    private static ValueMatcher Value(ref PatternReader reader, string? nested) => nested switch
    {
        null when reader.IsNumber => Exactly(NumericReader.Number(ref reader)),
        null => new ExactString(Encoding.UTF8.GetBytes(String(ref reader, NotInList))),
        "equals-ignore-case" => new IgnoringCase(
            String(ref reader, "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."), Part.Whole),
        "wildcard" => OperatorReader.Pattern(ref reader, String(ref reader, "wildcard match pattern must be a string")),
        "prefix" => new Prefix(Affix(ref reader)),
        _ => new Suffix(Affix(ref reader)),
    };

    private static NumberRange Exactly(EventNumber number) => new(number, false, number, false);

    private static byte[] Affix(ref PatternReader reader) =>
        String(ref reader, "prefix/suffix match pattern must be a string") is { Length: > 0 } text
            ? Encoding.UTF8.GetBytes(text)
            : throw reader.Fault("Null prefix/suffix not allowed", wasRead: true);

    private static string String(ref PatternReader reader, string otherwise) =>
        reader.Type is JsonTokenType.String ? reader.Text() : throw reader.Fault(otherwise);
}
