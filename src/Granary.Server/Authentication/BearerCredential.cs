using System.Text;

namespace Granary.Server.Authentication;

/// <summary>
/// The token of a data-plane request, in each form that clients send: Bearer, Basic with any user name and the token as
/// password, or bare; where there is no Authorization header, NuGet's API key. Query strings, cookies and every other place are
/// not looked at.
/// </summary>
public static class BearerCredential
{
    private const string ApiKey = "X-NuGet-ApiKey";

    /// <summary>A part of the header where that is enough; null when the request carries no credential, or one in another form.</summary>
    public static ReadOnlyMemory<char>? Read(HttpRequest request)
    {
        if (request.Headers.Authorization is not [{ } header])
        {
            return request.Headers.Authorization.Count == 0 && request.Headers[ApiKey] is [{ } key] ? key.AsMemory().Trim() : null;
        }

        var space = header.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0)
        {
            return header.AsMemory().Trim();
        }

        var scheme = header.AsSpan(0, space);
        if (scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return header.AsMemory(space + 1).Trim();
        }

        return scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) ? Password(header.AsSpan(space + 1).Trim()) : null;
    }

    private static ReadOnlyMemory<char>? Password(ReadOnlySpan<char> base64)
    {
        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64Chars(base64, bytes, out var length))
        {
            return null;
        }

        var pair = bytes.AsSpan(0, length);
        var colon = pair.IndexOf((byte)':');
        return colon < 0 ? null : Encoding.Latin1.GetString(pair[(colon + 1)..]).AsMemory();
    }
}
