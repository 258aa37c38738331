using System.Text.RegularExpressions;
using Granary.Core.Groups;
using Granary.Core.Packages;

namespace Granary.Tests.Resolution;

/// <summary>Package groups as the user guide and docs/package-groups.md describe them, over package paths: <c>/format/namespace/name</c>.</summary>
internal sealed partial class ReferenceGroups
{
    private readonly SortedDictionary<string, Group> groups = new(StringComparer.Ordinal) { ["/*"] = new(RestrictionMode.Allow) };

    public IReadOnlyList<string> Patterns => [.. groups.Keys];

    public RestrictionMode ModeOf(string pattern, OriginRestriction restriction) => groups[pattern].Modes[restriction];

    /// <summary>Whether something new of the package may enter the repository in this way.</summary>
    public bool Allows(OriginRestriction restriction, PackageCoordinate package, string repository)
    {
        // "A package belongs to exactly one group: the most specific matching pattern (longest)". $ leaves less than ~ open.
        var matches = groups.Select(g => (Match: Match(g.Key, package), g.Value)).Where(m => m.Match is not null)
            .OrderByDescending(m => m.Match!.Length).ThenByDescending(m => m.Match!.IsExact).ThenByDescending(m => m.Match!.IsStrong).ToList();

        // "A weak variant does not fall through to the parent group. A weakly associated package is blocked entirely."
        if (!matches[0].Match!.IsStrong)
        {
            return false;
        }

        // "INHERIT (first ancestor not INHERIT)", and every wider group that holds the package to the letter is an ancestor. The list is the ancestor's.
        var decides = matches.First(m => m.Match!.IsStrong && m.Value.Modes[restriction] is not RestrictionMode.Inherit).Value;
        return decides.Modes[restriction] is RestrictionMode.Allow
            || (decides.Modes[restriction] is RestrictionMode.AllowSpecificRepositories && decides.Lists[restriction].Contains(repository));
    }

    // "New groups default to INHERIT for all three."
    public string Create(string pattern) => groups.TryAdd(pattern, new Group(RestrictionMode.Inherit)) ? "done" : "Conflict";

    // "Root /* always exists, cannot be deleted."
    public string Delete(string pattern) => pattern == "/*" ? "Validation" : groups.Remove(pattern) ? "done" : "NotFound";

    public string Configure(ConfigureGroup change, Func<string, bool> exists)
    {
        if (!groups.TryGetValue(change.Pattern, out var group))
        {
            return "NotFound";
        }

        // The root has nothing to inherit from. "A list lasts as long as its restriction is ALLOW_SPECIFIC_REPOSITORIES", and modes are set first.
        var after = group.Modes.ToDictionary(m => m.Key, m => change.Modes.TryGetValue(m.Key, out var mode) ? mode : m.Value);
        if ((change.Pattern == "/*" && after.ContainsValue(RestrictionMode.Inherit))
            || change.Added.Any(a => after[a.Restriction] is not RestrictionMode.AllowSpecificRepositories || change.Removed.Contains(a)))
        {
            return "Validation";
        }

        if (!change.Added.Concat(change.Removed).All(listed => exists(listed.Repository)))
        {
            return "NotFound";
        }

        foreach (var (restriction, mode) in after)
        {
            group.Modes[restriction] = mode;
            group.Lists[restriction].UnionWith(change.Added.Where(a => a.Restriction == restriction).Select(a => a.Repository));
            group.Lists[restriction].ExceptWith(change.Removed.Where(r => r.Restriction == restriction).Select(r => r.Repository));
            if (mode is not RestrictionMode.AllowSpecificRepositories)
            {
                group.Lists[restriction].Clear();
            }
        }

        return "done";
    }

    public void Forget(string repository)
    {
        foreach (var list in groups.Values.SelectMany(g => g.Lists.Values))
        {
            list.Remove(repository);
        }
    }

    private static MatchOf? Match(string pattern, PackageCoordinate package)
    {
        var path = $"/{package.Format}/{package.Namespace}/{package.Name}";
        var (stem, suffix) = (pattern[..^1], pattern[^1]);
        var strong = Holds(stem, suffix, path);
        return strong || Holds(Fold(stem), suffix, Fold(path)) ? new MatchOf(Fold(stem).Length, suffix == '$', strong) : null;
    }

    // "$ = full coordinate. ~ = prefix ending at a word boundary. * = all values of the next component".
    private static bool Holds(string stem, char suffix, string path) => suffix switch
    {
        '$' => path == stem,
        '~' => path.StartsWith(stem, StringComparison.Ordinal) && (path.Length == stem.Length || !char.IsLetterOrDigit(path[stem.Length])),
        _ => path.StartsWith(stem, StringComparison.Ordinal),
    };

    // "Case folding, any run of - . _ replaced by one ., confusable characters mapped": of these the names of the histories have 1 alone.
    private static string Fold(string text) => Separators().Replace(text.ToLowerInvariant(), ".").Replace('1', 'l');

    [GeneratedRegex("[-._]+")]
    private static partial Regex Separators();

    private sealed record MatchOf(int Length, bool IsExact, bool IsStrong);

    private sealed class Group(RestrictionMode mode)
    {
        public Dictionary<OriginRestriction, RestrictionMode> Modes { get; } = Enum.GetValues<OriginRestriction>().ToDictionary(r => r, _ => mode);

        public Dictionary<OriginRestriction, HashSet<string>> Lists { get; } = Enum.GetValues<OriginRestriction>().ToDictionary(r => r, _ => new HashSet<string>());
    }
}
