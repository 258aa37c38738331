using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Granary.Core.Groups;

/// <summary>
/// Brings names that a reader takes for one another to one form: case, runs of <c>- . _</c>, accents, and letters that look alike.
/// Two names of one form are variations of each other, and a package whose name is a variation of a group's is associated weakly.
/// </summary>
/// <remarks>
/// CodeArtifact names these steps and not its table of look-alikes. This one holds the letters and digits that Unicode's UTS 39 takes for
/// those of ASCII, as far as names have them: Latin, Cyrillic, Greek and Armenian. Not by <c>string.Normalize</c>, which does nothing
/// without ICU.
/// </remarks>
internal static class Variations
{
    private const int FirstFullwidth = 0xFF01;
    private const int LastFullwidth = 0xFF5E;
    private const int FirstMathematical = 0x1D400;
    private const int LastMathematical = 0x1D6A3;
    private const int FirstCircled = 0x24D0;
    private const int LastCircled = 0x24E9;

    private static readonly FrozenDictionary<int, string> LookAlikes = Table(
        ("a", "аɑαàáâãäåāăąǎạ"), ("b", "ьƅ"), ("c", "сᴄçćĉċč"), ("d", "ԁɗďđ"), ("e", "еҽɛεєèéêëēĕėęě"), ("f", "ƒꞙ"), ("g", "ɡցƍĝğġģ"), ("h", "һհĥħ"),
        ("i", "іɩιıӏìíîïĩīĭį"), ("j", "јĵ"), ("k", "кκᴋĸķ"), ("l", "1ǀĺļľł"), ("n", "пոռηñńņň"), ("o", "0оοσօᴏòóôõöøōŏő"), ("p", "рρ"), ("q", "ԛգզ"),
        ("r", "гᴦɼŕŗř"), ("s", "ѕꜱƽśŝşšș"), ("t", "тτᴛţťŧț"), ("u", "цυսʋᴜùúûüũūŭůűų"), ("v", "ѵνᴠ"), ("w", "ѡшԝաωᴡŵ"), ("x", "хχ"),
        ("y", "уүγʏýÿŷ"), ("z", "ᴢʐźżž"), ("rn", "m"), ("ss", "ß"), ("ae", "æ"), ("oe", "œ"));

    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length + 4);
        foreach (var rune in text.EnumerateRunes())
        {
            Append(folded, Rune.ToLowerInvariant(Plain(rune)));
        }

        return folded.ToString();
    }

    private static void Append(StringBuilder folded, Rune rune)
    {
        var category = Rune.GetUnicodeCategory(rune);
        if (rune.Value is '.' || category is UnicodeCategory.DashPunctuation or UnicodeCategory.ConnectorPunctuation)
        {
            if (folded.Length == 0 || folded[^1] != '.')
            {
                folded.Append('.');
            }
        }
        else if (LookAlikes.TryGetValue(rune.Value, out var letters))
        {
            folded.Append(letters);
        }
        else if (category is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.Format))
        {
            folded.Append(rune.ToString());
        }
    }

    /// <summary>Wide, circled and mathematical letters as those that they are made of.</summary>
    private static Rune Plain(Rune rune) => rune.Value switch
    {
        >= FirstFullwidth and <= LastFullwidth => new Rune(rune.Value - FirstFullwidth + '!'),
        >= FirstCircled and <= LastCircled => new Rune(rune.Value - FirstCircled + 'a'),
        >= FirstMathematical and <= LastMathematical when (rune.Value - FirstMathematical) % 52 is var letter =>
            new Rune(letter < 26 ? 'a' + letter : 'a' + letter - 26),
        _ => rune,
    };

    private static FrozenDictionary<int, string> Table(params ReadOnlySpan<(string Letters, string LookAlikes)> rows)
    {
        var table = new Dictionary<int, string>();
        foreach (var (letters, alike) in rows)
        {
            foreach (var rune in alike.EnumerateRunes())
            {
                table.Add(rune.Value, letters);
            }
        }

        return table.ToFrozenDictionary();
    }
}
