using Granary.Core.Upstreams;
using Microsoft.Extensions.Configuration;

namespace Granary.Formats;

/// <summary>One connection as the configuration has it: a source, or what is wrong with the keys.</summary>
internal sealed record ConfiguredSource(Source? Source, string? Fault)
{
    /// <summary>Null where the configuration says nothing of the connection.</summary>
    public static ConfiguredSource? Read(IConfigurationSection connections, string name)
    {
        var section = connections.GetSection(name);
        var (username, password, token) = (Text(section, "Username"), Text(section, "Password"), Text(section, "Token"));
        var given = new SourceCredentials(username, password, token);
        if (string.IsNullOrWhiteSpace(section.Value))
        {
            // Credentials alone would go to whatever address a client happens to be set to.
            return given is { Username: null, Password: null, Token: null }
                ? null
                : new ConfiguredSource(null, $"{section.Path} has credentials and no address: set {section.Path} itself to the source's address.");
        }

        if (!SourceAddress.TryParse(section.Value, out var address, out var within, out var fault))
        {
            return new ConfiguredSource(null, $"{section.Path} cannot be used: {fault}.");
        }

        return (within, given) switch
        {
            (_, { Username: null, Password: null, Token: null }) => new ConfiguredSource(new Source(name, address, within), null),
            (not null, _) => new ConfiguredSource(null, $"{section.Path} has credentials in the address and in keys of its own: keep one."),
            (_, { Token: not null, Username: null, Password: null }) or (_, { Token: null, Username: not null, Password: not null }) =>
                new ConfiguredSource(new Source(name, address, given), null),
            _ => new ConfiguredSource(null, $"{section.Path} needs either Username and Password or Token alone."),
        };
    }

    private static string? Text(IConfigurationSection section, string key) =>
        section[key] is { Length: > 0 } value ? value : null;
}
