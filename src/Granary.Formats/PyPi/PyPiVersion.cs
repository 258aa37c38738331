using System.Text;

namespace Granary.Formats.PyPi;

/// <summary>
/// A version by PEP 440, normalised. Numbers are kept as digits without leading zeros, so that none is too long. Null stands for
/// a part that is not there: <see cref="PreLetter"/> with <see cref="PreNumber"/>, <see cref="Post"/>, <see cref="Dev"/>, <see cref="Local"/>.
/// </summary>
internal sealed record PyPiVersion(
    string Epoch, string[] Release, string? PreLetter, string? PreNumber, string? Post, string? Dev, string[]? Local)
    : IComparable<PyPiVersion>
{
    /// <summary>The version, or null where the text is none by PEP 440.</summary>
    public static PyPiVersion? Parse(string text) => new PyPiVersionParser(text).Parse();

    /// <summary>One text for all versions that are equal: the normal form without trailing zeros.</summary>
    public string Key => (this with { Release = Release[..Math.Max(1, Array.FindLastIndex(Release, n => n != "0") + 1)] }).ToString();

    /// <summary>A pre-release or a development release, which installers take only where they are told to.</summary>
    public static bool IsPrerelease(string text) => Parse(text) is null or { PreLetter: not null } or { Dev: not null };

    public int CompareTo(PyPiVersion? other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var compared = Digits.Compare(Epoch, other.Epoch);
        for (var i = 0; compared == 0 && i < Math.Max(Release.Length, other.Release.Length); i++)
        {
            // Missing numbers are zeros: 1.0 is 1.0.0.
            compared = Digits.Compare(Release.ElementAtOrDefault(i) ?? "", other.Release.ElementAtOrDefault(i) ?? "");
        }

        compared = compared != 0 ? compared : Phase.CompareTo(other.Phase);
        compared = compared != 0 ? compared : Digits.Compare(PreNumber ?? "", other.PreNumber ?? "");
        compared = compared != 0 ? compared : Compare(Post, other.Post, absent: -1);
        compared = compared != 0 ? compared : Compare(Dev, other.Dev, absent: 1);
        return compared != 0 ? compared : CompareLocal(Local, other.Local);
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(Epoch == "0" ? "" : Epoch + "!").AppendJoin('.', Release).Append(PreLetter).Append(PreNumber);
        text.Append(Post is null ? "" : ".post" + Post).Append(Dev is null ? "" : ".dev" + Dev);
        return Local is null ? text.ToString() : text.Append('+').AppendJoin('.', Local).ToString();
    }

    // A development release of nothing else comes before every pre-release, a final release after them: 1.dev0 < 1a1.dev0 < 1.
    private int Phase => (PreLetter, Post, Dev) switch
    {
        ("a", _, _) => 1,
        ("b", _, _) => 2,
        ("rc", _, _) => 3,
        (_, null, not null) => 0,
        _ => 4,
    };

    private static int Compare(string? left, string? right, int absent) => (left, right) switch
    {
        (null, null) => 0,
        (null, _) => absent,
        (_, null) => -absent,
        _ => Digits.Compare(left, right),
    };

    private static int CompareLocal(string[]? left, string[]? right)
    {
        for (var i = 0; ; i++)
        {
            var (l, r) = (left?.ElementAtOrDefault(i), right?.ElementAtOrDefault(i));
            if (l is null || r is null)
            {
                return (l is not null).CompareTo(r is not null);
            }

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
    }
}
