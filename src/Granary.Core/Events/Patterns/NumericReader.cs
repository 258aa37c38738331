using System.Text;
using System.Text.Json;

namespace Granary.Core.Events.Patterns;

/// <summary>Reads <c>["&gt;", 0, "&lt;=", 5]</c>: one comparison, or a lower bound and then an upper one.</summary>
internal static class NumericReader
{
    /// <summary>The reader is at the operator's name, and afterwards at the brace that closes the expression.</summary>
    public static NumberRange Read(ref PatternReader reader)
    {
        if (reader.Next() is not JsonTokenType.StartArray)
        {
            throw reader.Fault("Value of numeric must be an array.");
        }

        if (reader.Next() is not JsonTokenType.String)
        {
            throw reader.Fault($"Invalid member in numeric match: {reader.Token()}", wasRead: true);
        }

        var range = Range(ref reader, reader.Text());
        return reader.Next() is JsonTokenType.EndObject ? range : throw TooMany(ref reader);
    }

    /// <exception cref="InvalidEventPatternException">It is out of the range, or has more decimals than can be compared.</exception>
    public static EventNumber Number(ref PatternReader reader)
    {
        if (!EventNumber.TryRead(reader.Raw, out var number))
        {
            throw reader.Fault("Value must be between -5.0E9 and 5.0E9, inclusive");
        }

        return number.IsWhole ? number : throw reader.Fault($"Only values upto 6 decimals are supported: {Encoding.UTF8.GetString(reader.Raw)}");
    }

    public static InvalidEventPatternException TooMany(ref PatternReader reader) => reader.Fault("Too many elements in numeric expression");

    private static NumberRange Range(ref PatternReader reader, string comparison)
    {
        reader.Next();
        switch (comparison)
        {
            case "=":
                var exact = Bound(ref reader, "equals");
                return Ended(ref reader, new NumberRange(exact, false, exact, false));
            case "<" or "<=":
                var top = Bound(ref reader, comparison);
                return Ended(ref reader, new NumberRange(null, false, top, comparison is "<"));
            case ">" or ">=":
                var bottom = Bound(ref reader, comparison);
                return reader.Next() is JsonTokenType.EndArray
                    ? new NumberRange(bottom, comparison is ">", null, false)
                    : UpTo(ref reader, bottom, comparison is ">");
            default:
                throw reader.Fault($"Unrecognized numeric range operator: {comparison}");
        }
    }

    private static NumberRange UpTo(ref PatternReader reader, EventNumber bottom, bool isAbove)
    {
        if (reader.Type is not JsonTokenType.String)
        {
            throw reader.Fault($"Bad value in numeric range: {reader.Token()}", wasRead: true);
        }

        var comparison = reader.Text();
        if (comparison is not ("<" or "<="))
        {
            throw reader.Fault($"Bad numeric range operator: {comparison}", wasRead: true);
        }

        reader.Next();
        var top = Bound(ref reader, comparison);
        if (reader.Next() is not JsonTokenType.EndArray)
        {
            throw reader.Fault("Too many terms in numeric range expression");
        }

        return bottom.CompareTo(top) < 0 ? new NumberRange(bottom, isAbove, top, comparison is "<") : throw reader.Fault("Bottom must be less than top");
    }

    private static EventNumber Bound(ref PatternReader reader, string comparison) =>
        reader.IsNumber ? Number(ref reader) : throw reader.Fault($"Value of {comparison} must be numeric");

    private static NumberRange Ended(ref PatternReader reader, NumberRange range) =>
        reader.Next() is JsonTokenType.EndArray ? range : throw TooMany(ref reader);
}
