using System.Net;
using Granary.Core;
using Microsoft.AspNetCore.Http;

namespace Granary.Formats;

/// <summary>
/// What absolute addresses in answers begin with: the configured public URL, else the scheme and the host of the request
/// where that host is known to be this server's. Of forwarded headers only the scheme counts, and only a trusted proxy's.
/// </summary>
public sealed class BaseAddress
{
    private readonly string? publicUrl;
    private readonly string[] allowed;

    /// <param name="publicUrl">Absolute, http or https, without query; null where the server is reached directly.</param>
    /// <param name="allowedHosts">Host names without port; <c>*.example.com</c> allows every name below example.com.</param>
    public BaseAddress(Uri? publicUrl = null, IEnumerable<string>? allowedHosts = null)
    {
        this.publicUrl = publicUrl?.AbsoluteUri.TrimEnd('/');
        // RFC 6761: names below localhost are this machine too, and give each domain a host of its own.
        allowed = ["localhost", "*.localhost", "127.0.0.1", "[::1]", Environment.MachineName, .. allowedHosts ?? []];
    }

    /// <summary>Without a trailing slash.</summary>
    /// <exception cref="Refusal">Validation: the request names a host that is not this server's.</exception>
    public string Of(HttpContext context)
    {
        if (publicUrl is not null)
        {
            return publicUrl;
        }

        var host = context.Request.Host;
        var name = host.Host.ToLowerInvariant();
        var authority = host.Port is { } port ? $"{host.Host}:{port}" : host.Host;
        if (host.Value != authority || !(IsAllowed(name) || IsConnectedAddress(context, name)))
        {
            throw Refusal.Validation(
                "The host that the request names is not known to be this server's, so no address can be built from it. " +
                "Add it to AllowedHosts, or set PublicUrl to the address that clients use.",
                "OTHER");
        }

        return $"{context.Request.Scheme}://{authority.ToLowerInvariant()}";
    }

    private bool IsAllowed(string host)
    {
        foreach (var pattern in allowed)
        {
            if (pattern.StartsWith("*.", StringComparison.Ordinal)
                ? host.Length > pattern.Length - 1 && host.EndsWith(pattern.AsSpan(1), StringComparison.OrdinalIgnoreCase) && IsHostName(host)
                : host.Equals(pattern, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    // The address that the connection itself came to cannot be made up by whoever sends the request.
    private static bool IsConnectedAddress(HttpContext context, string host) =>
        context.Connection.LocalIpAddress is { } local
        && IPAddress.TryParse(host, out var named)
        && named.Equals(local.IsIPv4MappedToIPv6 ? local.MapToIPv4() : local);

    private static bool IsHostName(string host)
    {
        foreach (var c in host)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_'))
            {
                return false;
            }
        }

        return true;
    }
}
