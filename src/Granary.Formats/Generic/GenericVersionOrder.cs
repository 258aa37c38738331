namespace Granary.Formats.Generic;

/// <summary>
/// There is no grammar to follow, so the order is the one people expect of a list of files: runs of digits count as numbers
/// (<c>1.9</c> before <c>1.10</c>, <c>build-9</c> before <c>build-10</c>), all else by ordinal. Only equal texts are equal.
/// </summary>
internal sealed class GenericVersionOrder : IComparer<string>
{
    private GenericVersionOrder()
    {
    }

    public static GenericVersionOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> left = x;
        ReadOnlySpan<char> right = y;
        while (!left.IsEmpty && !right.IsEmpty)
        {
            var (leftDigits, rightDigits) = (Digits.Leading(left), Digits.Leading(right));
            var numbers = leftDigits > 0 && rightDigits > 0;
            var compared = numbers ? Digits.Compare(left[..leftDigits], right[..rightDigits]) : left[0].CompareTo(right[0]);
            if (compared != 0)
            {
                return compared;
            }

            left = left[(numbers ? leftDigits : 1)..];
            right = right[(numbers ? rightDigits : 1)..];
        }

        return left.IsEmpty && right.IsEmpty ? string.CompareOrdinal(x, y) : left.Length.CompareTo(right.Length);
    }
}
