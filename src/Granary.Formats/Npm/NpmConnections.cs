using System.Text;
using Granary.Core.Upstreams;

namespace Granary.Formats.Npm;

/// <summary>Where npm's public source is: what npm itself answers, else its variable and its .npmrc files.</summary>
internal static class NpmConnections
{
    public static IReadOnlyList<ExternalConnection> All { get; } =
        [new("public:npmjs", "run npm config set registry URL", DiscoverAsync)];

    private static async Task<Discovery> DiscoverAsync(ClientMachine machine, CancellationToken cancellation)
    {
        var files = Files(machine).Select(path => (Path: path, Settings: Read(machine, path))).ToList();

        // Without its notifier npm asks no server for a newer npm.
        var answer = await machine.RunAsync("npm", ["config", "get", "registry", "--no-update-notifier"], cancellation);
        if (answer is { Length: > 0 } and not "undefined")
        {
            return Found(answer, "npm config get registry", files);
        }

        if ((machine.Variable("NPM_CONFIG_REGISTRY") ?? machine.Variable("npm_config_registry")) is { } variable)
        {
            return Found(variable, "NPM_CONFIG_REGISTRY", files);
        }

        foreach (var (path, settings) in files)
        {
            if (settings.TryGetValue("registry", out var registry))
            {
                return Found(registry, path, files);
            }
        }

        return Discovery.Absent("npm did not answer, and no .npmrc names a registry.");
    }

    private static Discovery Found(string registry, string where, IEnumerable<(string Path, Dictionary<string, string> Settings)> files)
    {
        var found = Discovery.Found(registry, where);
        return found is { Address: { } address, Credentials: null }
            ? found with { Credentials = files.Select(file => Credentials(file.Settings, address)).FirstOrDefault(c => c is not null) }
            : found;
    }

    /// <summary>The file of the user, then that of the machine: the first one that has a key wins.</summary>
    private static IEnumerable<string> Files(ClientMachine machine)
    {
        yield return machine.Variable("NPM_CONFIG_USERCONFIG") ?? machine.Variable("npm_config_userconfig") ?? machine.InHome(".npmrc");
        if ((machine.Variable("NPM_CONFIG_GLOBALCONFIG") ?? machine.Variable("npm_config_globalconfig")) is { } global)
        {
            yield return global;
        }
        else if (Path.GetDirectoryName(Path.GetDirectoryName(machine.FindTool("node"))) is { } prefix)
        {
            yield return Path.Combine(prefix, "etc", "npmrc");
        }
    }

    private static Dictionary<string, string> Read(ClientMachine machine, string path)
    {
        var settings = new Dictionary<string, string>();
        foreach (var line in (ClientMachine.ReadText(path) ?? "").Split('\n'))
        {
            var text = line.Trim();
            var equals = text.IndexOf('=');
            if (equals > 0 && text[0] is not (';' or '#'))
            {
                settings[text[..equals].Trim()] = machine.Expand(text[(equals + 1)..].Trim().Trim('"'), "${");
            }
        }

        return settings;
    }

    /// <summary>npm keys credentials by the registry's address without its scheme, and looks at the parents of the path too.</summary>
    private static SourceCredentials? Credentials(Dictionary<string, string> settings, Uri registry)
    {
        for (var path = registry.AbsolutePath; ; path = path[..(path.TrimEnd('/').LastIndexOf('/') + 1)])
        {
            var prefix = $"//{registry.Authority}{path}:";
            if (settings.TryGetValue(prefix + "_authToken", out var token))
            {
                return new SourceCredentials(null, null, token);
            }

            if (settings.TryGetValue(prefix + "_auth", out var basic) && Decode(basic) is { } pair && pair.IndexOf(':') is >= 0 and var colon)
            {
                return new SourceCredentials(pair[..colon], pair[(colon + 1)..], null);
            }

            if (settings.TryGetValue(prefix + "username", out var name)
                && settings.TryGetValue(prefix + "_password", out var encoded) && Decode(encoded) is { } password)
            {
                return new SourceCredentials(name, password, null);
            }

            if (path is "/" or "")
            {
                return null;
            }
        }
    }

    private static string? Decode(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }
}
