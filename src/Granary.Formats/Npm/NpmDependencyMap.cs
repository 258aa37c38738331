using System.Text.Json;

namespace Granary.Formats.Npm;

/// <summary>A manifest's map of dependencies to ranges, in any of the forms that npm has accepted.</summary>
internal static class NpmDependencyMap
{
    private static readonly char[] Blanks = [' ', '\t', '\r', '\n', ','];

    /// <summary>Name and range. What is not a string is left out, as npm leaves it out.</summary>
    public static SortedDictionary<string, string> Of(JsonElement manifest, string member)
    {
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (!manifest.TryGetProperty(member, out var value))
        {
            return map;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var dependency in value.EnumerateObject())
                {
                    if (dependency.Value.ValueKind == JsonValueKind.String)
                    {
                        map[dependency.Name] = dependency.Value.GetString()!;
                    }
                }

                break;
            case JsonValueKind.Array:
                Add(map, value.EnumerateArray().Where(d => d.ValueKind == JsonValueKind.String).Select(d => d.GetString()!));
                break;
            case JsonValueKind.String:
                Add(map, value.GetString()!.Split(Blanks, StringSplitOptions.RemoveEmptyEntries));
                break;
            default:
                break;
        }

        return map;
    }

    /// <summary>Whether two ranges mean the same: npm rewrites the short forms of git addresses.</summary>
    public static bool SameRange(string left, string right) =>
        left == right || (NpmGitSource.Parse(left) is { } source && source == NpmGitSource.Parse(right));

    // The list form of the first years: "name@range", "name >=1".
    private static void Add(SortedDictionary<string, string> map, IEnumerable<string> entries)
    {
        foreach (var entry in entries.Select(e => e.Trim()).Where(e => e.Length > 0))
        {
            var end = entry.AsSpan(1).IndexOfAny("@ ><=") + 1;
            var name = end == 0 ? entry : entry[..end];
            map[name] = end == 0 ? "" : entry[end..].TrimStart('@').Trim();
        }
    }
}
