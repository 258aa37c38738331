using Granary.Core.Upstreams;
using Tomlyn;
using Tomlyn.Model;

namespace Granary.Formats.Cargo;

/// <summary>What replaces the public crate index in Cargo's configuration. The index that is built into Cargo is not asked for.</summary>
internal static class CargoConnections
{
    // Cargo follows replacements from source to source and refuses a circle; nobody has this many.
    private const int MostReplacements = 16;

    public static IReadOnlyList<ExternalConnection> All { get; } =
        [new("public:crates-io", "replace the source crates-io with a sparse registry in Cargo's config.toml", DiscoverAsync)];

    private static Task<Discovery> DiscoverAsync(ClientMachine machine, CancellationToken cancellation) => Task.FromResult(Discover(machine));

    private static Discovery Discover(ClientMachine machine)
    {
        var home = machine.Variable("CARGO_HOME") ?? machine.InHome(".cargo");
        if (Read(home, ["config", "config.toml"]) is not { } file)
        {
            return Discovery.Absent("Cargo has no config.toml.");
        }

        if (file.Table is not { } config)
        {
            return Discovery.Absent($"{file.Path} is not valid TOML.");
        }

        var name = "crates-io";
        for (var i = 0; i < MostReplacements && Text(config, "source", name, "replace-with") is { } next; i++)
        {
            name = next;
        }

        if (name == "crates-io")
        {
            return Discovery.Absent($"{file.Path} does not replace the source crates-io.");
        }

        var address = Text(config, "source", name, "registry")
            ?? machine.Variable($"CARGO_REGISTRIES_{Variable(name)}_INDEX") ?? Text(config, "registries", name, "index");
        return address?.StartsWith("sparse+", StringComparison.Ordinal) is true
            ? Discovery.Found(address["sparse+".Length..], $"source {name} in {file.Path}", Credentials(machine, home, config, name))
            : Discovery.Absent($"{file.Path} replaces crates-io with {name}, which is not a sparse registry.");
    }

    private static SourceCredentials? Credentials(ClientMachine machine, string home, TomlTable config, string name)
    {
        var token = machine.Variable($"CARGO_REGISTRIES_{Variable(name)}_TOKEN")
            ?? (Read(home, ["credentials", "credentials.toml"])?.Table is { } kept ? Text(kept, "registries", name, "token") : null)
            ?? Text(config, "registries", name, "token");
        return token is null ? null : new SourceCredentials(null, null, token);
    }

    /// <summary>The first file that is there; Cargo prefers the name without an ending where both are. No table if it is malformed.</summary>
    private static (string Path, TomlTable? Table)? Read(string home, string[] names)
    {
        foreach (var path in names.Select(name => Path.Combine(home, name)))
        {
            if (ClientMachine.ReadText(path) is { } text)
            {
                try
                {
                    return (path, TomlSerializer.Deserialize<TomlTable>(text));
                }
                catch (TomlException)
                {
                    return (path, null);
                }
            }
        }

        return null;
    }

    private static string? Text(TomlTable table, params string[] path)
    {
        object? value = table;
        foreach (var key in path)
        {
            value = value is TomlTable inner && inner.TryGetValue(key, out var next) ? next : null;
        }

        return value as string;
    }

    private static string Variable(string name) => name.ToUpperInvariant().Replace('-', '_');
}
