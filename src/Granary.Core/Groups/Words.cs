using System.Globalization;
using System.Text;

namespace Granary.Core.Groups;

/// <summary>
/// Words of a name, as package groups see them: a letter or a digit, then letters, digits and marks
/// (<c>[\p{L}\p{N}][\p{L}\p{N}\p{M}]*</c>). A prefix ends where a word ends, so that <c>foo~</c> holds <c>foo-bar</c> and not <c>food</c>.
/// </summary>
internal static class Words
{
    /// <summary>The ends of all words, the last one first.</summary>
    public static IEnumerable<int> EndsOf(string text)
    {
        var ends = new Stack<int>();
        var at = 0;
        var inside = false;
        foreach (var rune in text.EnumerateRunes())
        {
            var continues = IsBeginning(rune) || (inside && IsMark(rune));
            if (inside && !continues)
            {
                ends.Push(at);
            }

            inside = continues;
            at += rune.Utf16SequenceLength;
        }

        if (inside)
        {
            ends.Push(text.Length);
        }

        return ends;
    }

    /// <summary>Whether a text begins with a prefix that ends a word, both of the prefix and of the text.</summary>
    public static bool BeginsWith(string text, string prefix) =>
        text.StartsWith(prefix, StringComparison.Ordinal) && EndsOf(text).Contains(prefix.Length);

    private static bool IsBeginning(Rune rune) => Rune.IsLetter(rune) || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static bool IsMark(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}
