using System.Text.Json;

namespace Granary.Formats.Npm;

/// <summary>The scripts that run when a package is installed as a dependency.</summary>
internal static class NpmInstallScripts
{
    private static readonly string[] Events = ["preinstall", "install", "postinstall"];

    /// <summary>Event and command, by npm's reading: what is not a string does not count, and the prefix that finds a local tool goes.</summary>
    public static IReadOnlyDictionary<string, string> Of(JsonElement manifest)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (!manifest.TryGetProperty("scripts", out var scripts) || scripts.ValueKind != JsonValueKind.Object)
        {
            return found;
        }

        foreach (var name in Events)
        {
            if (scripts.TryGetProperty(name, out var script) && script.ValueKind == JsonValueKind.String && script.GetString() is { Length: > 0 } command)
            {
                found[name] = WithoutToolPath(command);
            }
        }

        return found;
    }

    private static string WithoutToolPath(string command)
    {
        var rest = command.Replace('\\', '/');
        var start = rest.StartsWith("./", StringComparison.Ordinal) ? 2 : 0;
        const string Tools = "node_modules/.bin/";
        return rest.AsSpan(start).StartsWith(Tools) ? command[(start + Tools.Length)..] : command;
    }
}
