namespace Granary.Formats.PyPi;

/// <summary>Where pip's index is: its variable, what pip answers, its files. The index that is built into pip is not asked for.</summary>
internal static class PyPiConnections
{
    public static IReadOnlyList<ExternalConnection> All { get; } =
        [new("public:pypi", "run pip config set global.index-url URL", DiscoverAsync)];

    private static async Task<Discovery> DiscoverAsync(ClientMachine machine, CancellationToken cancellation)
    {
        if (machine.Variable("PIP_INDEX_URL") is { } variable)
        {
            return Discovery.Found(variable, "PIP_INDEX_URL");
        }

        foreach (var pip in (string[])["pip", "pip3"])
        {
            string[] arguments = ["config", "get", "global.index-url", "--disable-pip-version-check"];
            if (await machine.RunAsync(pip, arguments, cancellation) is { Length: > 0 } answer)
            {
                return Discovery.Found(answer, $"{pip} config get global.index-url");
            }
        }

        foreach (var path in Files(machine))
        {
            if (IndexUrl(ClientMachine.ReadText(path) ?? "") is { } address)
            {
                return Discovery.Found(address, path);
            }
        }

        return Discovery.Absent("pip has no index-url of its own.");
    }

    /// <summary>pip's configuration files, the one that wins first.</summary>
    private static IEnumerable<string> Files(ClientMachine machine)
    {
        var file = machine.Variable("PIP_CONFIG_FILE");
        if (file == "/dev/null")
        {
            yield break;
        }

        if (file is not null)
        {
            yield return file;
        }

        if (machine.Variable("VIRTUAL_ENV") is { } environment)
        {
            yield return Path.Combine(environment, "pip.conf");
        }

        yield return Path.Combine(machine.Variable("XDG_CONFIG_HOME") ?? machine.InHome(".config"), "pip", "pip.conf");
        yield return machine.InHome(".pip", "pip.conf");
        if (machine.Variable("APPDATA") is { } roaming)
        {
            yield return Path.Combine(roaming, "pip", "pip.ini");
        }

        yield return Path.Combine(machine.SystemFolder, "pip.conf");
    }

    /// <summary>The <c>index-url</c> of section <c>[global]</c>, as Python's configparser reads it; pip takes an underscore too.</summary>
    private static string? IndexUrl(string text)
    {
        var global = false;
        foreach (var line in text.Split('\n').Select(line => line.Trim()))
        {
            if (line.StartsWith('['))
            {
                global = line == "[global]";
                continue;
            }

            var end = line.IndexOfAny(['=', ':']);
            if (global && end > 0 && line[0] is not ('#' or ';')
                && line[..end].TrimEnd().Replace('_', '-').Equals("index-url", StringComparison.OrdinalIgnoreCase))
            {
                return line[(end + 1)..].Trim();
            }
        }

        return null;
    }
}
