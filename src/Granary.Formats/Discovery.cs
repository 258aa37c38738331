using Granary.Core.Upstreams;

namespace Granary.Formats;

/// <summary>
/// What a client's configuration says about a public source. <paramref name="Why"/> tells a person where the address was found
/// or, where there is none, why not; it never holds a secret.
/// </summary>
public sealed record Discovery(string Why, Uri? Address, SourceCredentials? Credentials)
{
    public static Discovery Absent(string why) => new(why, null, null);

    /// <summary>An address as the client has it. Credentials within it win over those given apart.</summary>
    public static Discovery Found(string address, string where, SourceCredentials? credentials = null) =>
        SourceAddress.TryParse(address, out var source, out var within, out var fault)
            ? new Discovery(where, source, within ?? credentials)
            : Absent($"{where} gives an address that cannot be used: {fault}.");
}
