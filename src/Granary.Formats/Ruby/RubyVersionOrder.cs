namespace Granary.Formats.Ruby;

/// <summary>
/// The order of Gem::Version: runs of digits and runs of letters are segments; a word is older than a number and than nothing
/// (<c>1.0.a</c> before <c>1.0</c>), zeros at the end of either half do not count. Texts that are no version come first, by ordinal.
/// </summary>
internal sealed class RubyVersionOrder : IComparer<string>
{
    private RubyVersionOrder()
    {
    }

    public static RubyVersionOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        var (left, right) = (Segments(x ?? ""), Segments(y ?? ""));
        if (left is null || right is null)
        {
            return left is null && right is null ? string.CompareOrdinal(x, y) : left is null ? -1 : 1;
        }

        for (var i = 0; i < Math.Max(left.Count, right.Count); i++)
        {
            var (l, r) = (i < left.Count ? left[i] : "0", i < right.Count ? right[i] : "0");
            var compared = (Digits.Are(l), Digits.Are(r)) switch
            {
                (true, true) => Digits.Compare(l, r),
                (false, false) => string.CompareOrdinal(l, r),
                (var leftIsNumber, _) => leftIsNumber ? 1 : -1,
            };
            if (compared != 0)
            {
                return compared;
            }
        }

        return 0;
    }

    /// <summary>Null where the text is no gem version: dotted, begins with a number, and a hyphen with what follows stands for <c>.pre.</c></summary>
    private static List<string>? Segments(string version)
    {
        var text = version.Trim();
        var hyphen = text.IndexOf('-');
        var before = hyphen < 0 ? text : text[..hyphen];
        var dots = before.Split('.');
        if (text.Length == 0)
        {
            return ["0"];
        }

        if (!Digits.Are(dots[0]) || !dots.All(IsPart) || (hyphen >= 0 && !text[(hyphen + 1)..].Split('.').All(IsTail)))
        {
            return null;
        }

        var segments = new List<string>();
        var firstWord = -1;
        foreach (var part in text.Replace("-", ".pre.", StringComparison.Ordinal).Split('.'))
        {
            for (var at = 0; at < part.Length;)
            {
                var digits = Digits.Leading(part.AsSpan(at));
                var length = digits > 0 ? digits : Letters(part.AsSpan(at));
                if (digits == 0 && firstWord < 0)
                {
                    DropZeros(segments, 0);
                    firstWord = segments.Count;
                }

                segments.Add(part.Substring(at, length));
                at += length;
            }
        }

        DropZeros(segments, Math.Max(firstWord, 0));
        return segments;
    }

    private static void DropZeros(List<string> segments, int from)
    {
        while (segments.Count > from && segments[^1].AsSpan().TrimStart('0').IsEmpty)
        {
            segments.RemoveAt(segments.Count - 1);
        }
    }

    private static int Letters(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && char.IsAsciiLetter(text[length]))
        {
            length++;
        }

        return length;
    }

    private static bool IsPart(string part) => part.Length > 0 && part.All(char.IsAsciiLetterOrDigit);

    private static bool IsTail(string part) => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
