using System.Text;

namespace Granary.Core.Events.Patterns;

/// <summary>
/// A string with stars, each for any run of characters. The pieces between the stars are looked for one after the other, each as far to the left as it
/// can be, by Knuth, Morris and Pratt's method: the time is that of reading value and pattern once, whatever they are.
/// </summary>
internal sealed class Wildcard : ValueMatcher
{
    private readonly byte[][] pieces;
    private readonly int[][] borders;

    private Wildcard(byte[][] pieces)
    {
        this.pieces = pieces;
        borders = [.. pieces.Select(Borders)];
    }

    /// <param name="text">In which <c>\*</c> is a star and <c>\\</c> a backslash.</param>
    /// <exception cref="FormatException">Two stars in a row, or a backslash before anything else; the message is EventBridge's.</exception>
    public static Wildcard Parse(string text)
    {
        // EventBridge counts bytes, from the quote before the text.
        var bytes = Encoding.UTF8.GetBytes(text);
        var pieces = new List<byte[]>();
        var piece = new List<byte>();
        for (var i = 0; i < bytes.Length; i++)
        {
            switch (bytes[i])
            {
                case (byte)'*' when i + 1 < bytes.Length && bytes[i + 1] == '*':
                    throw new FormatException($"Consecutive wildcard characters at pos {i + 1}");
                case (byte)'*':
                    pieces.Add([.. piece]);
                    piece.Clear();
                    break;
                case (byte)'\\' when i + 1 < bytes.Length && bytes[i + 1] is (byte)'*' or (byte)'\\':
                    piece.Add(bytes[++i]);
                    break;
                case (byte)'\\':
                    throw new FormatException($"Invalid escape character at pos {i + 1}");
                default:
                    piece.Add(bytes[i]);
                    break;
            }
        }

        pieces.Add([.. piece]);
        return new Wildcard([.. pieces]);
    }

    public override bool Matches(in EventValue value)
    {
        if (!value.IsString)
        {
            return false;
        }

        if (pieces is [var only])
        {
            return value.Text.SequenceEqual(only);
        }

        var (first, last) = (pieces[0], pieces[^1]);
        if (value.Text.Length < first.Length + last.Length || !value.Text.StartsWith(first) || !value.Text.EndsWith(last))
        {
            return false;
        }

        var rest = value.Text[first.Length..^last.Length];
        for (var i = 1; i < pieces.Length - 1; i++)
        {
            var end = EndOf(pieces[i], borders[i], rest);
            if (end < 0)
            {
                return false;
            }

            rest = rest[end..];
        }

        return true;
    }

    /// <summary>Behind the first occurrence of the piece; -1 where there is none.</summary>
    private static int EndOf(byte[] piece, int[] borders, ReadOnlySpan<byte> text)
    {
        var matched = 0;
        for (var i = 0; i < text.Length; i++)
        {
            while (matched > 0 && piece[matched] != text[i])
            {
                matched = borders[matched - 1];
            }

            matched += piece[matched] == text[i] ? 1 : 0;
            if (matched == piece.Length)
            {
                return i + 1;
            }
        }

        return -1;
    }

    /// <summary>For each beginning of the piece, how much of it its own end repeats.</summary>
    private static int[] Borders(byte[] piece)
    {
        var borders = new int[piece.Length];
        for (var (i, matched) = (1, 0); i < piece.Length; i++)
        {
            while (matched > 0 && piece[matched] != piece[i])
            {
                matched = borders[matched - 1];
            }

            matched += piece[matched] == piece[i] ? 1 : 0;
            borders[i] = matched;
        }

        return borders;
    }
}
