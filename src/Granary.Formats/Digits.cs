namespace Granary.Formats;

/// <summary>Numbers of any length as the decimal digits that versions are written in.</summary>
internal static class Digits
{
    /// <summary>Compares by value; leading zeros do not count, and no digits at all is zero.</summary>
    public static int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        left = left.TrimStart('0');
        right = right.TrimStart('0');
        return left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);
    }

    public static bool Are(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');

    /// <summary>How many digits the text begins with.</summary>
    public static int Leading(ReadOnlySpan<char> text) =>
        text.IndexOfAnyExceptInRange('0', '9') is var end && end < 0 ? text.Length : end;

    /// <summary>The number without leading zeros.</summary>
    public static string Plain(ReadOnlySpan<char> digits) => digits.TrimStart('0') is { IsEmpty: false } rest ? rest.ToString() : "0";
}
