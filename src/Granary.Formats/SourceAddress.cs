using System.Diagnostics.CodeAnalysis;
using Granary.Core.Upstreams;

namespace Granary.Formats;

/// <summary>The text of a source's address, as people and clients write it: user-info is taken out, so that it is never printed.</summary>
public static class SourceAddress
{
    /// <summary>
    /// Accepts absolute http and https addresses without query and fragment. A trailing slash is added, except where the last
    /// segment is a JSON document (a service index). The fault is a clause for a person and repeats nothing of the text.
    /// </summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out Uri? address, out SourceCredentials? credentials, [NotNullWhen(false)] out string? fault)
    {
        credentials = null;
        address = null;
        fault = null;
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out var given)
            || (given.Scheme != Uri.UriSchemeHttp && given.Scheme != Uri.UriSchemeHttps))
        {
            fault = "it is not an absolute http or https address";
        }
        else if (given.Query.Length > 0 || given.Fragment.Length > 0)
        {
            fault = "it has a query or a fragment";
        }
        else
        {
            credentials = FromUserInfo(given.UserInfo);
            var bare = new UriBuilder(given) { UserName = "", Password = "" };
            if (!bare.Path.EndsWith('/') && !bare.Path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            {
                bare.Path += "/";
            }

            address = bare.Uri;
        }

        return address is not null;
    }

    private static SourceCredentials? FromUserInfo(string userInfo)
    {
        if (userInfo.Length == 0)
        {
            return null;
        }

        // A password may itself hold a colon; the user name may not (RFC 7617).
        var colon = userInfo.IndexOf(':');
        var name = Uri.UnescapeDataString(colon < 0 ? userInfo : userInfo[..colon]);
        return new SourceCredentials(name, colon < 0 ? "" : Uri.UnescapeDataString(userInfo[(colon + 1)..]), null);
    }
}
