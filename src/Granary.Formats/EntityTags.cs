using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Granary.Formats;

/// <summary>If-None-Match (RFC 9110, 13.1.2): weak comparison, a list, or any.</summary>
public static class EntityTags
{
    public static bool Match(StringValues header, string etag)
    {
        if (header.Count == 0)
        {
            return false;
        }

        if (header.Count == 1 && header[0] == etag)
        {
            return true;
        }

        return EntityTagHeaderValue.TryParseList([.. header.OfType<string>()], out var tags)
            && tags.Any(t => t == EntityTagHeaderValue.Any || t.Tag == etag);
    }
}
