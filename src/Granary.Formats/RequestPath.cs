using System.Buffers;
using System.Text;
using Granary.Core;

namespace Granary.Formats;

/// <summary>
/// Reads the path of a request from the bytes that were sent, decoding it once: the only place that does. What servers
/// and proxies read in different ways (dot segments, encoded separators, double slashes) is refused, not interpreted.
/// </summary>
public static class RequestPath
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/");

    /// <param name="rawTarget">The request target as it was sent; origin form.</param>
    /// <returns>The decoded path, in which every <c>/</c> separates segments.</returns>
    /// <exception cref="Refusal">The path can be read in more than one way.</exception>
    public static string Decode(string rawTarget)
    {
        var query = rawTarget.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? rawTarget.AsSpan() : rawTarget.AsSpan(0, query);
        if (path.IsEmpty || path[0] != '/')
        {
            throw Malformed("it does not begin with a slash");
        }

        if (!path.ContainsAnyExcept(Plain) && !path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal))
        {
            return path.Length == rawTarget.Length ? rawTarget : path.ToString();
        }

        return DecodeSegments(path[1..]);
    }

    private static string DecodeSegments(ReadOnlySpan<char> path)
    {
        var decoded = new StringBuilder(path.Length + 1);
        var rest = path;
        while (true)
        {
            var slash = rest.IndexOf('/');
            var segment = slash < 0 ? rest : rest[..slash];
            if (segment.IsEmpty && slash >= 0)
            {
                throw Malformed("it has an empty segment");
            }

            decoded.Append('/').Append(DecodeSegment(segment));
            if (slash < 0)
            {
                return decoded.ToString();
            }

            rest = rest[(slash + 1)..];
        }
    }

    private static string DecodeSegment(ReadOnlySpan<char> segment)
    {
        var text = segment.Contains('%') ? DecodeEscapes(segment) : segment.ToString();
        if (text is "." or "..")
        {
            throw Malformed("it has a dot segment");
        }

        foreach (var c in text)
        {
            if (c is '\\' or '\uFFFD' || char.IsControl(c))
            {
                throw Malformed("it has a backslash, a control character or bytes that are not UTF-8");
            }
        }

        // npm's clients join a scope to its name with an encoded slash; nothing else may hide a separator.
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
        {
            var name = text[(slash + 1)..];
            if (slash < 2 || text[0] != '@' || name is "" or "." or ".." || name.Contains('/', StringComparison.Ordinal))
            {
                throw Malformed("it has an encoded slash");
            }
        }

        return text;
    }

    private static string DecodeEscapes(ReadOnlySpan<char> segment)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(segment.Length)];
        var length = 0;
        for (var i = 0; i < segment.Length; i++)
        {
            if (segment[i] != '%')
            {
                length += Encoding.UTF8.GetBytes(segment.Slice(i, 1), bytes.AsSpan(length));
                continue;
            }

            if (i + 2 >= segment.Length || !char.IsAsciiHexDigit(segment[i + 1]) || !char.IsAsciiHexDigit(segment[i + 2]))
            {
                throw Malformed("it has an incomplete percent escape");
            }

            bytes[length++] = Convert.FromHexString(segment.Slice(i + 1, 2))[0];
            i += 2;
        }

        try
        {
            return StrictUtf8.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            throw Malformed("its escapes are not UTF-8");
        }
    }

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static Refusal Malformed(string why) => Refusal.Validation($"The path of the request is malformed: {why}.", "CANNOT_PARSE");
}
