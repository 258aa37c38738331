namespace Granary.Formats;

/// <summary>
/// SemVer 2.0 precedence (section 11), for the formats whose versions are exactly that. Numbers may have any length. Build metadata
/// does not count. Texts that are no version come first, by ordinal.
/// </summary>
public sealed class SemVerOrder : IComparer<string>
{
    private SemVerOrder()
    {
    }

    public static SemVerOrder Instance { get; } = new();

    public int Compare(string? x, string? y) => (SemVer.TryParse(x, out var left), SemVer.TryParse(y, out var right)) switch
    {
        (true, true) => left.PrecedenceTo(right),
        (false, false) => string.CompareOrdinal(x, y),
        (var leftIsVersion, _) => leftIsVersion ? 1 : -1,
    };
}

/// <summary>A version by the grammar of SemVer 2.0; the spans are parts of the parsed text.</summary>
public readonly ref struct SemVer
{
    public ReadOnlySpan<char> Major { get; private init; }

    public ReadOnlySpan<char> Minor { get; private init; }

    public ReadOnlySpan<char> Patch { get; private init; }

    /// <summary>The dotted identifiers after the hyphen; empty for a release.</summary>
    public ReadOnlySpan<char> Prerelease { get; private init; }

    public static bool TryParse(ReadOnlySpan<char> text, out SemVer version)
    {
        version = default;
        var plus = text.IndexOf('+');
        var build = plus < 0 ? [] : text[(plus + 1)..];
        var rest = plus < 0 ? text : text[..plus];
        var hyphen = rest.IndexOf('-');
        var prerelease = hyphen < 0 ? [] : rest[(hyphen + 1)..];
        var core = hyphen < 0 ? rest : rest[..hyphen];
        Span<Range> numbers = stackalloc Range[4];
        if (core.Split(numbers, '.') != 3
            || (plus >= 0 && !AreIdentifiers(build, leadingZeros: true))
            || (hyphen >= 0 && !AreIdentifiers(prerelease, leadingZeros: false)))
        {
            return false;
        }

        version = new SemVer { Major = core[numbers[0]], Minor = core[numbers[1]], Patch = core[numbers[2]], Prerelease = prerelease };
        return IsNumber(version.Major) && IsNumber(version.Minor) && IsNumber(version.Patch);
    }

    public int PrecedenceTo(SemVer other)
    {
        var compared = Digits.Compare(Major, other.Major);
        compared = compared != 0 ? compared : Digits.Compare(Minor, other.Minor);
        compared = compared != 0 ? compared : Digits.Compare(Patch, other.Patch);
        if (compared != 0 || Prerelease.IsEmpty || other.Prerelease.IsEmpty)
        {
            return compared != 0 ? compared : Prerelease.IsEmpty.CompareTo(other.Prerelease.IsEmpty);
        }

        var left = Prerelease.Split('.');
        var right = other.Prerelease.Split('.');
        while (true)
        {
            var (leftGoesOn, rightGoesOn) = (left.MoveNext(), right.MoveNext());
            if (!leftGoesOn || !rightGoesOn)
            {
                return leftGoesOn.CompareTo(rightGoesOn);
            }

            compared = CompareIdentifiers(Prerelease[left.Current], other.Prerelease[right.Current]);
            if (compared != 0)
            {
                return compared;
            }
        }
    }

    private static int CompareIdentifiers(ReadOnlySpan<char> left, ReadOnlySpan<char> right) => (Digits.Are(left), Digits.Are(right)) switch
    {
        (true, true) => Digits.Compare(left, right),
        (false, false) => left.SequenceCompareTo(right),
        (var leftIsNumber, _) => leftIsNumber ? -1 : 1,
    };

    private static bool IsNumber(ReadOnlySpan<char> text) => Digits.Are(text) && (text.Length == 1 || text[0] != '0');

    private static bool AreIdentifiers(ReadOnlySpan<char> text, bool leadingZeros)
    {
        foreach (var range in text.Split('.'))
        {
            var identifier = text[range];
            if (identifier.IsEmpty || (!leadingZeros && Digits.Are(identifier) && !IsNumber(identifier)))
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
}
