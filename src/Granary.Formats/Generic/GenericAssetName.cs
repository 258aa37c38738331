using System.Globalization;
using System.Text;

namespace Granary.Formats.Generic;

/// <summary>
/// What the asset of a generic version may be called, by CodeArtifact's user guide (Generic packages overview, Asset names): no name
/// that would lead out of the folder that it is saved to.
/// </summary>
internal static class GenericAssetName
{
    public const string Marks = "~!@^&()-_+[]{};,.";

    public static bool IsValid(string name) =>
        name is not ("" or "." or "..")
        && name[0] != ' ' && name[^1] != ' '
        && !name.Contains("  ", StringComparison.Ordinal)
        && name.EnumerateRunes().All(IsAllowed);

    private static bool IsAllowed(Rune rune) =>
        rune.Value == ' '
        || (rune.IsAscii && Marks.Contains((char)rune.Value, StringComparison.Ordinal))
        || Rune.GetUnicodeCategory(rune) is
            UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
            or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber or UnicodeCategory.DecimalDigitNumber;
}
