namespace Granary.Formats.Maven;

/// <summary>
/// One item of a Maven version: a number, a word, or a list of items that began at a hyphen or where digits meet letters. The
/// rules are those of Maven's "Version Order Specification": words before lists before numbers; what is missing counts as a release.
/// </summary>
internal sealed class MavenVersionItem
{
    // The qualifiers that Maven knows, oldest first; the empty one is the release. Unknown ones come after sp, by ordinal.
    private static readonly string[] qualifiers = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];

    private readonly string? digits;
    private readonly string? word;
    private readonly List<MavenVersionItem>? items;

    private MavenVersionItem(string? digits, string? word, List<MavenVersionItem>? items)
    {
        this.digits = digits;
        this.word = word;
        this.items = items;
    }

    private enum Kind
    {
        Word,
        List,
        Number,
    }

    private Kind Is => digits is not null ? Kind.Number : items is not null ? Kind.List : Kind.Word;

    private bool IsNull => Is switch
    {
        Kind.Number => digits!.Length == 0,
        Kind.List => items!.Count == 0,
        _ => word!.Length == 0,
    };

    public static MavenVersionItem Parse(string version)
    {
        var text = version.ToLowerInvariant();
        var root = List();
        var open = new Stack<MavenVersionItem>([root]);
        var start = 0;
        var inDigits = false;
        for (var i = 0; i < text.Length; i++)
        {
            var isDigit = char.IsAsciiDigit(text[i]);
            if (text[i] is '.' or '-')
            {
                open.Peek().items!.Add(i == start ? Number("") : Item(text[start..i], inDigits));
                start = i + 1;
                if (text[i] == '-')
                {
                    Open(open);
                }
            }
            else
            {
                if (isDigit != inDigits && i > start)
                {
                    Add(open, inDigits ? Number(text[start..i]) : Word(text[start..i], beforeDigit: true));
                    start = i;
                    Open(open);
                }

                inDigits = isDigit;
            }
        }

        if (text.Length > start)
        {
            Add(open, Item(text[start..], inDigits));
        }

        while (open.TryPop(out var list))
        {
            list.Trim();
        }

        return root;
    }

    /// <summary>Compares with an item, or with nothing where the other version is shorter.</summary>
    public int CompareTo(MavenVersionItem? other) => (Is, other) switch
    {
        (Kind.Number, null) => IsNull ? 0 : 1,
        (Kind.List, null) => items!.Select(item => item.CompareTo(null)).FirstOrDefault(compared => compared != 0),
        (_, null) => CompareWords(word!, ""),
        (var own, _) when own != other.Is => own.CompareTo(other.Is),
        (Kind.Number, _) => Digits.Compare(digits, other.digits),
        (Kind.List, _) => CompareLists(items!, other.items!),
        _ => CompareWords(word!, other.word!),
    };

    private static int CompareLists(List<MavenVersionItem> left, List<MavenVersionItem> right)
    {
        for (var i = 0; i < Math.Max(left.Count, right.Count); i++)
        {
            var compared = i >= left.Count ? -right[i].CompareTo(null) : left[i].CompareTo(i < right.Count ? right[i] : null);
            if (compared != 0)
            {
                return compared;
            }
        }

        return 0;
    }

    private static int CompareWords(string left, string right)
    {
        var (l, r) = (Array.IndexOf(qualifiers, left), Array.IndexOf(qualifiers, right));
        return l < 0 && r < 0
            ? string.CompareOrdinal(left, right)
            : (l < 0 ? qualifiers.Length : l).CompareTo(r < 0 ? qualifiers.Length : r);
    }

    /// <summary>Removes what counts as nothing from the end, and before each list at the end: 1.0-alpha is 1-alpha.</summary>
    private void Trim()
    {
        for (var i = items!.Count - 1; i >= 0; i--)
        {
            if (items[i].IsNull)
            {
                items.RemoveAt(i);
            }
            else if (items[i].Is != Kind.List)
            {
                break;
            }
        }
    }

    /// <summary>Adds the last item of a run. A word there counts as after a hyphen whatever stands before it: 1.rc1 is 1-rc1.</summary>
    private static void Add(Stack<MavenVersionItem> open, MavenVersionItem item)
    {
        if (item.Is == Kind.Word && open.Peek().items!.Count > 0)
        {
            Open(open);
        }

        open.Peek().items!.Add(item);
    }

    private static void Open(Stack<MavenVersionItem> open)
    {
        var list = List();
        open.Peek().items!.Add(list);
        open.Push(list);
    }

    private static MavenVersionItem List() => new(null, null, []);

    private static MavenVersionItem Item(string text, bool isNumber) => isNumber ? Number(text) : Word(text, beforeDigit: false);

    private static MavenVersionItem Number(string digits) => new(digits.TrimStart('0'), null, null);

    private static MavenVersionItem Word(string text, bool beforeDigit) => new(null, (text, beforeDigit) switch
    {
        ("a", true) => "alpha",
        ("b", true) => "beta",
        ("m", true) => "milestone",
        ("ga" or "final" or "release", _) => "",
        ("cr", _) => "rc",
        _ => text,
    }, null);
}
