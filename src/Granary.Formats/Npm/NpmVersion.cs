using System.Globalization;

namespace Granary.Formats.Npm;

/// <summary>
/// A version by SemVer 2.0, as strict as node-semver: three numbers up to 2^53-1, no leading zeros, no <c>v</c>, at most
/// <see cref="MaxLength"/> characters, ASCII only. Parsing is a single pass and allocates nothing.
/// </summary>
public readonly record struct NpmVersion
{
    /// <summary>The longest version, in characters; node-semver's limit.</summary>
    public const int MaxLength = 256;

    // Number.MAX_SAFE_INTEGER: beyond it JavaScript clients cannot tell two versions apart.
    private const long MaxNumber = 9_007_199_254_740_991;

    private readonly string _text;
    private readonly int _prerelease;
    private readonly int _build;

    private NpmVersion(string text, long major, long minor, long patch, int prerelease, int build)
    {
        _text = text;
        Major = major;
        Minor = minor;
        Patch = patch;
        _prerelease = prerelease;
        _build = build;
    }

    public long Major { get; }

    public long Minor { get; }

    public long Patch { get; }

    /// <summary>The dotted identifiers after the hyphen, empty for a release.</summary>
    public ReadOnlySpan<char> Prerelease => _text.AsSpan(_prerelease, _build - _prerelease);

    /// <summary>The dotted identifiers after the plus sign, without it.</summary>
    public ReadOnlySpan<char> Build => _build == _text.Length ? [] : _text.AsSpan(_build + 1);

    public static bool IsValid(string text) => TryParse(text, out _);

    /// <summary>Whether the text is a valid version with a pre-release part.</summary>
    public static bool IsPrerelease(string text) => TryParse(text, out var version) && !version.Prerelease.IsEmpty;

    public static bool TryParse(string text, out NpmVersion version)
    {
        version = default;
        if (text.Length is < 5 or > MaxLength)
        {
            return false;
        }

        var at = 0;
        if (!Number(text, ref at, out var major)
            || !Dot(text, ref at)
            || !Number(text, ref at, out var minor)
            || !Dot(text, ref at)
            || !Number(text, ref at, out var patch))
        {
            return false;
        }

        var plus = text.IndexOf('+', at);
        var build = plus < 0 ? text.Length : plus;
        var prerelease = at;
        if (at < build)
        {
            prerelease = at + 1;
            if (text[at] != '-' || !Identifiers(text.AsSpan(prerelease, build - prerelease), numbersAreStrict: true))
            {
                return false;
            }
        }

        if (plus >= 0 && !Identifiers(text.AsSpan(plus + 1), numbersAreStrict: false))
        {
            return false;
        }

        version = new NpmVersion(text, major, minor, patch, prerelease, build);
        return true;
    }

    /// <summary>
    /// The version that clients publish for what a package.json says, or null: surrounding blanks, a leading <c>v</c> or <c>=</c>,
    /// leading zeros and build metadata go, and <c>1.0.0beta</c> gets its hyphen (node-semver's <c>clean</c> in loose mode).
    /// </summary>
    public static string? Clean(string text)
    {
        if (text.Length > MaxLength)
        {
            return null;
        }

        var rest = text.AsSpan().Trim(" \t\r\n").TrimStart("v= \t");
        Span<Range> parts = stackalloc Range[4];
        if (rest.Split(parts, '.') is var count && count < 3)
        {
            return null;
        }

        var start = parts[2].Start.GetOffset(rest.Length);
        var digits = rest[start..].IndexOfAnyExceptInRange('0', '9');
        var end = digits < 0 ? rest.Length : start + digits;
        var tail = rest[end..];
        var plus = tail.IndexOf('+');
        if (plus >= 0 && !Identifiers(tail[(plus + 1)..], numbersAreStrict: false))
        {
            return null;
        }

        var prerelease = plus < 0 ? tail : tail[..plus];
        var hyphen = prerelease.StartsWith("-") && Identifiers(prerelease[1..], numbersAreStrict: false);
        prerelease = hyphen ? prerelease[1..] : prerelease;
        if (!prerelease.IsEmpty && !Identifiers(prerelease, numbersAreStrict: false))
        {
            return null;
        }

        var cleaned = $"{Trimmed(rest[parts[0]])}.{Trimmed(rest[parts[1]])}.{Trimmed(rest[start..end])}";
        foreach (var range in prerelease.Split('.'))
        {
            cleaned += prerelease.IsEmpty ? "" : (range.Start.Value == 0 ? "-" : ".") + Trimmed(prerelease[range]);
        }

        return IsValid(cleaned) ? cleaned : null;
    }

    /// <summary>Precedence by SemVer 2.0, section 11; build metadata does not count.</summary>
    public int PrecedenceTo(NpmVersion other)
    {
        var main = Major.CompareTo(other.Major);
        main = main != 0 ? main : Minor.CompareTo(other.Minor);
        main = main != 0 ? main : Patch.CompareTo(other.Patch);
        return main != 0 ? main : ComparePrerelease(Prerelease, other.Prerelease);
    }

    public override string ToString() => _text ?? "";

    private static int ComparePrerelease(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        if (left.IsEmpty || right.IsEmpty)
        {
            return left.IsEmpty.CompareTo(right.IsEmpty);
        }

        while (true)
        {
            var compared = CompareIdentifiers(Head(ref left, out var leftEnds), Head(ref right, out var rightEnds));
            if (compared != 0 || leftEnds || rightEnds)
            {
                return compared != 0 ? compared : rightEnds.CompareTo(leftEnds);
            }
        }
    }

    private static ReadOnlySpan<char> Head(ref ReadOnlySpan<char> identifiers, out bool last)
    {
        var dot = identifiers.IndexOf('.');
        last = dot < 0;
        var head = last ? identifiers : identifiers[..dot];
        identifiers = last ? [] : identifiers[(dot + 1)..];
        return head;
    }

    private static int CompareIdentifiers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var leftIsNumber = !left.ContainsAnyExceptInRange('0', '9');
        var rightIsNumber = !right.ContainsAnyExceptInRange('0', '9');
        return (leftIsNumber, rightIsNumber) switch
        {
            (true, false) => -1,
            (false, true) => 1,
            // No leading zeros, so the longer number is the larger one, whatever its size.
            (true, true) when left.Length != right.Length => left.Length.CompareTo(right.Length),
            _ => left.SequenceCompareTo(right),
        };
    }

    private static bool Number(string text, ref int at, out long value)
    {
        var start = at;
        value = 0;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            value = (value * 10) + (text[at++] - '0');
            if (value > MaxNumber)
            {
                return false;
            }
        }

        return at > start && (at == start + 1 || text[start] != '0');
    }

    private static bool Dot(string text, ref int at) => at < text.Length && text[at++] == '.';

    private static bool Identifiers(ReadOnlySpan<char> text, bool numbersAreStrict)
    {
        foreach (var range in text.Split('.'))
        {
            var identifier = text[range];
            if (identifier.IsEmpty || (numbersAreStrict && identifier.Length > 1 && identifier[0] == '0' && IsNumber(identifier)))
            {
                return false;
            }

            foreach (var c in identifier)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c != '-')
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool IsNumber(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');

    private static string Trimmed(ReadOnlySpan<char> identifier) =>
        identifier.Length > 1 && IsNumber(identifier) && UInt128.TryParse(identifier, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number.ToString(CultureInfo.InvariantCulture)
            : identifier.ToString();
}
