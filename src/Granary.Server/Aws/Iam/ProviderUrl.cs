using Granary.Core;
using Granary.Core.Access.Identities;

namespace Granary.Server.Aws.Iam;

/// <summary>The address of an OpenID Connect issuer.</summary>
internal static class ProviderUrl
{
    private static readonly string[] Loopback = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>https, except that an issuer on this machine may be tried without; what follows the host is a path and nothing else.</summary>
    /// <exception cref="Refusal">InvalidInput.</exception>
    public static string Check(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address)
            || url.AsSpan().ContainsAny('?', '#') || url.AsSpan().ContainsAny(' ', '\\') || !url.All(char.IsAscii)
            || address.UserInfo.Length > 0 || address.Host.Length == 0
            // Written as it is read: one issuer has one name.
            || !url.StartsWith($"{address.Scheme}://{address.Authority}", StringComparison.Ordinal)
            || IdentityProviderStore.NameOf(url).Length == 0)
        {
            throw IdentityRefusals.InvalidInput("Invalid Open ID Connect Provider URL: give the issuer as its tokens have it, without a query or a fragment, the host in lower case.");
        }

        return address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && Loopback.Contains(address.Host))
            ? url
            : throw IdentityRefusals.InvalidInput("Invalid Open ID Connect Provider URL: it must begin with https:// (http:// for an issuer on a loopback address).");
    }
}
