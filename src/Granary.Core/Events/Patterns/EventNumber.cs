namespace Granary.Core.Events.Patterns;

/// <summary>
/// A JSON number as EventBridge compares numbers: exactly, from -5·10⁹ to 5·10⁹. Patterns have at most six decimals; what an event has beyond them
/// still decides between greater and equal.
/// </summary>
internal readonly struct EventNumber : IComparable<EventNumber>
{
    private const int Decimals = 6;
    private const long Most = 5_000_000_000_000_000;

    // 16 digits are enough for the largest number with its decimals.
    private const int MostDigits = 16;

    // The number times 10⁶, rounded down, and whether that has left something out.
    private readonly long millionths;
    private readonly bool hasMore;

    private EventNumber(long millionths, bool hasMore) => (this.millionths, this.hasMore) = (millionths, hasMore);

    /// <summary>Whether it has no more decimals than a pattern may have.</summary>
    public bool IsWhole => !hasMore;

    /// <returns>False where the number is out of the range.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, out EventNumber number)
    {
        var isNegative = json is [(byte)'-', ..];
        var exponentAt = json.IndexOfAny((byte)'e', (byte)'E');
        var mantissa = json[(isNegative ? 1 : 0)..(exponentAt < 0 ? json.Length : exponentAt)];
        var point = mantissa.IndexOf((byte)'.');
        var start = mantissa.IndexOfAnyInRange((byte)'1', (byte)'9');
        number = default;
        if (start < 0)
        {
            return true;
        }

        // Before the point of the number times 10⁶ stand so many digits, counted from the first that is not zero.
        var whole = point < 0 ? mantissa.Length : point;
        var digits = whole - start + (start > whole ? 1 : 0) + Decimals + (exponentAt < 0 ? 0 : Exponent(json[(exponentAt + 1)..]));
        if (digits > MostDigits)
        {
            return false;
        }

        var (value, taken) = (0L, 0L);
        var hasMore = false;
        foreach (var digit in mantissa[start..])
        {
            if (digit == '.')
            {
                continue;
            }

            if (taken++ < digits)
            {
                value = (value * 10) + (digit - '0');
            }
            else
            {
                hasMore |= digit != '0';
            }
        }

        for (; taken < digits; taken++)
        {
            value *= 10;
        }

        number = new EventNumber(isNegative ? -value - (hasMore ? 1 : 0) : value, hasMore);
        return value < Most || (value == Most && !hasMore);
    }

    public int CompareTo(EventNumber other) =>
        millionths.CompareTo(other.millionths) is var difference and not 0 ? difference : hasMore.CompareTo(other.hasMore);

    // Far beyond the range in either direction the exact size does not matter.
    private static long Exponent(ReadOnlySpan<byte> text)
    {
        var size = 0L;
        foreach (var digit in text.TrimStart("+-"u8))
        {
            size = Math.Min((size * 10) + (digit - '0'), 1_000_000_000_000);
        }

        return text[0] == '-' ? -size : size;
    }
}
