using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Granary.Formats;

/// <summary>Accept-Encoding (RFC 9110, 12.5.3).</summary>
internal static class ContentCodings
{
    /// <summary>Whether the client names gzip and does not refuse it with a weight of 0.</summary>
    public static bool TakesGzip(StringValues header)
    {
        var text = header.Count == 1 ? header[0]! : header.ToString();
        if (!text.Contains("gzip", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // What clients send has no weights.
        return !text.Contains(';', StringComparison.Ordinal)
            || (StringWithQualityHeaderValue.TryParseList([text], out var codings)
                && codings.Any(c => c.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && c.Quality is not 0));
    }
}
