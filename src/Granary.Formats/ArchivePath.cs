using Granary.Core;

namespace Granary.Formats;

/// <summary>The paths that a package may hold: below one folder, and the same for every unpacker and every file system.</summary>
internal static class ArchivePath
{
    /// <exception cref="Refusal">The path leaves the package, or unpackers would disagree on where it leads.</exception>
    public static void Check(string path)
    {
        var reason = path switch
        {
            "" => "is empty",
            _ when path[0] == '/' => "is absolute",
            _ when path.Contains('\\', StringComparison.Ordinal) => "has a backslash",
            _ when path.Any(char.IsControl) => "has a control character",
            [_, ':', ..] => "names a drive",
            _ => Segments(path),
        };
        if (reason is not null)
        {
            throw Refusal.Validation($"The archive's path {Shown(path)} {reason}: pack the package again without that file.");
        }
    }

    /// <summary>A path as a message may show it: short and free of control characters.</summary>
    public static string Shown(string path)
    {
        var shown = path.Length > 100 ? path[..100] + "…" : path;
        return $"\"{string.Concat(shown.Select(c => char.IsControl(c) ? '?' : c))}\"";
    }

    private static string? Segments(string path)
    {
        var rest = path.AsSpan().TrimEnd('/');
        foreach (var range in rest.Split('/'))
        {
            if (rest[range] is "" or "." or "..")
            {
                return "has an empty, \".\" or \"..\" segment";
            }
        }

        return null;
    }
}
