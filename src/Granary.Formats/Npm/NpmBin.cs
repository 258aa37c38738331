using System.Text.Json;

namespace Granary.Formats.Npm;

/// <summary>The commands that a package installs.</summary>
internal static class NpmBin
{
    /// <summary>Command and file, by npm's reading: one string is a command of the package's own name, and no path leaves the package.</summary>
    public static IReadOnlyDictionary<string, string> Of(JsonElement manifest, string shortName)
    {
        var commands = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (!manifest.TryGetProperty("bin", out var bin))
        {
            return commands;
        }

        switch (bin.ValueKind)
        {
            case JsonValueKind.String:
                Add(commands, shortName, bin);
                break;
            case JsonValueKind.Array:
                foreach (var file in bin.EnumerateArray().Where(f => f.ValueKind == JsonValueKind.String))
                {
                    Add(commands, file.GetString()!, file);
                }

                break;
            case JsonValueKind.Object:
                foreach (var command in bin.EnumerateObject())
                {
                    Add(commands, command.Name, command.Value);
                }

                break;
            default:
                break;
        }

        return commands;
    }

    /// <summary>A path within the package: slashes forward, no leading <c>./</c>, no way upwards.</summary>
    public static string Clean(string path)
    {
        var segments = new List<string>();
        foreach (var segment in path.Split('/', '\\', ':'))
        {
            if (segment == ".." && segments.Count > 0)
            {
                segments.RemoveAt(segments.Count - 1);
            }
            else if (segment is not ("" or "." or ".."))
            {
                segments.Add(segment);
            }
        }

        return string.Join('/', segments);
    }

    private static void Add(SortedDictionary<string, string> commands, string name, JsonElement file)
    {
        // A scoped package's command goes by the last part of the name.
        var command = Clean(name).Split('/')[^1];
        if (command.Length > 0 && file.ValueKind == JsonValueKind.String && Clean(file.GetString()!) is { Length: > 0 } path)
        {
            commands[command] = path;
        }
    }
}
