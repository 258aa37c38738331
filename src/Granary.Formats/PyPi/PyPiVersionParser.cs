namespace Granary.Formats.PyPi;

/// <summary>PEP 440, appendix B, in one pass: everything that the PEP lets people write, into the one normal form.</summary>
internal sealed class PyPiVersionParser(string text)
{
    // The longer word first where one begins with the other.
    private static readonly (string Word, string Letter)[] preWords =
    [
        ("alpha", "a"), ("a", "a"), ("beta", "b"), ("b", "b"), ("preview", "rc"), ("pre", "rc"), ("rc", "rc"), ("c", "rc"),
    ];

    private readonly string text = text.Trim(' ', '\t', '\n', '\r', '\f', '\v').ToLowerInvariant();
    private int at;

    public PyPiVersion? Parse()
    {
        Skip('v');
        var epoch = "0";
        if (Number() is not { } first)
        {
            return null;
        }

        if (Skip('!'))
        {
            epoch = first;
            if (Number() is not { } afterEpoch)
            {
                return null;
            }

            first = afterEpoch;
        }

        var release = Release(first);
        var (preLetter, preNumber) = Pre();
        var post = Post();
        var dev = Word("dev") ? Number() ?? "0" : null;
        string[]? local = null;
        return (Skip('+') && (local = Local()) is null) || at < text.Length
            ? null
            : new PyPiVersion(epoch, release, preLetter, preNumber, post, dev, local);
    }

    private string[] Release(string first)
    {
        var release = new List<string> { first };
        while (at + 1 < text.Length && text[at] == '.' && char.IsAsciiDigit(text[at + 1]))
        {
            at++;
            release.Add(Number()!);
        }

        return [.. release];
    }

    private (string? Letter, string? Number) Pre()
    {
        foreach (var (word, letter) in preWords)
        {
            if (Word(word))
            {
                return (letter, Number() ?? "0");
            }
        }

        return (null, null);
    }

    private string? Post()
    {
        if (at + 1 < text.Length && text[at] == '-' && char.IsAsciiDigit(text[at + 1]))
        {
            at++;
            return Number();
        }

        return Word("post") || Word("rev") || Word("r") ? Number() ?? "0" : null;
    }

    private string[]? Local()
    {
        var parts = text[at..].Split('.', '-', '_');
        at = text.Length;
        return parts.All(part => part.Length > 0 && part.All(char.IsAsciiLetterOrDigit))
            ? [.. parts.Select(part => Digits.Are(part) ? Digits.Plain(part) : part)]
            : null;
    }

    /// <summary>Passes a separator, the word and another separator, if the word is there.</summary>
    private bool Word(string word)
    {
        var start = at < text.Length && IsSeparator(text[at]) ? at + 1 : at;
        if (string.CompareOrdinal(text, start, word, 0, word.Length) != 0)
        {
            return false;
        }

        at = start + word.Length;
        at += at < text.Length && IsSeparator(text[at]) ? 1 : 0;
        return true;
    }

    private string? Number()
    {
        var length = Digits.Leading(text.AsSpan(at));
        at += length;
        return length == 0 ? null : Digits.Plain(text.AsSpan(at - length, length));
    }

    private bool Skip(char c)
    {
        var there = at < text.Length && text[at] == c;
        at += there ? 1 : 0;
        return there;
    }

    private static bool IsSeparator(char c) => c is '-' or '_' or '.';
}
