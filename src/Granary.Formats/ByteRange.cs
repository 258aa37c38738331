using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Granary.Formats;

/// <summary>The one range of bytes that a request asks for (RFC 9110, 14.2).</summary>
internal readonly record struct ByteRange(long Offset, long Count, bool Satisfiable)
{
    /// <summary>
    /// Null: send everything. That is also the answer to what may be ignored: another unit than bytes, several ranges, a
    /// malformed header, another method than GET, an If-Range that names another content.
    /// </summary>
    public static ByteRange? Of(HttpRequest request, string etag, long size)
    {
        var header = request.Headers.Range;
        if (header.Count != 1 || !HttpMethods.IsGet(request.Method) || !RangeHeaderValue.TryParse(header[0], out var parsed) || parsed.Unit != "bytes" || parsed.Ranges.Count != 1)
        {
            return null;
        }

        if (request.Headers.IfRange is [{ } condition] && condition != etag)
        {
            return null;
        }

        var (from, to) = parsed.Ranges.Single() is var range && range.From is { } first
            ? (first, Math.Min(range.To ?? long.MaxValue, size - 1))
            : (Math.Max(0, size - range.To!.Value), size - 1);
        return from > to ? new ByteRange(0, 0, Satisfiable: false) : new ByteRange(from, to - from + 1, Satisfiable: true);
    }
}
