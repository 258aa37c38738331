using System.Text;
using Microsoft.Extensions.Primitives;

namespace Granary.Server.Authentication;

/// <summary>
/// The text that SigV4 hashes, made from the target as it was on the wire: the decoded path of the framework no longer
/// shows what was signed. Only targets that the router and the signature read alike are taken.
/// </summary>
internal static class CanonicalRequest
{
    // No operation takes more than 20; the bound keeps the sort of a hostile query small.
    private const int MaximumParameters = 512;

    /// <summary>All lines but the last, which is the hash of the payload.</summary>
    public static string Head(string method, string path, string query, IHeaderDictionary headers, IReadOnlyList<string> signed, string host)
    {
        var text = new StringBuilder(512);
        text.Append(method).Append('\n').Append(path).Append('\n').Append(query).Append('\n');
        foreach (var name in signed)
        {
            text.Append(name).Append(':');
            AppendValue(text, name == "host" ? host : headers[name]);
            text.Append('\n');
        }

        return text.Append('\n').AppendJoin(';', signed).Append('\n').ToString();
    }

    /// <summary>
    /// The path with each segment encoded once more, as every service but S3 has it. SDKs drop empty and dot segments
    /// before they sign and the router resolves them in another way, so that <c>/v1/package/versions//..</c> would be signed
    /// as one operation and routed to another: such a path is refused.
    /// </summary>
    public static string Path(ReadOnlySpan<char> rawPath)
    {
        if (rawPath is not ['/', ..])
        {
            throw AuthenticationFailure.Incomplete("The request target must be a path that begins with '/'.");
        }

        var text = new StringBuilder(rawPath.Length + 16);
        var rest = rawPath[1..];
        while (true)
        {
            var slash = rest.IndexOf('/');
            var segment = slash < 0 ? rest : rest[..slash];
            if ((segment.IsEmpty && slash >= 0) || IsDotSegment(segment))
            {
                throw AuthenticationFailure.Invalid("The path of a signed request must not hold empty, '.' or '..' segments.");
            }

            text.Append('/');
            AppendEncoded(text, Encoding.UTF8.GetBytes(segment.ToString()));
            if (slash < 0)
            {
                return text.ToString();
            }

            rest = rest[(slash + 1)..];
        }
    }

    /// <summary>
    /// The parameters decoded, encoded in SigV4's way and sorted by their encoded bytes. A plus sign is a blank here because
    /// it is one to the framework that reads the parameters.
    /// </summary>
    public static (string Text, bool HoldsCredential) Query(ReadOnlySpan<char> rawQuery)
    {
        if (rawQuery.IsEmpty)
        {
            return ("", false);
        }

        if (rawQuery.Count('&') >= MaximumParameters)
        {
            throw AuthenticationFailure.Incomplete($"The query holds more than {MaximumParameters} parameters.");
        }

        var parameters = new List<(string Name, string Value)>();
        var holdsCredential = false;
        foreach (var range in rawQuery.Split('&'))
        {
            var pair = rawQuery[range];
            var equals = pair.IndexOf('=');
            var name = Recode(equals < 0 ? pair : pair[..equals]);
            parameters.Add((name, equals < 0 ? "" : Recode(pair[(equals + 1)..])));
            holdsCredential |= name.StartsWith("X-Amz-", StringComparison.OrdinalIgnoreCase);
        }

        parameters.Sort(static (a, b) =>
            string.CompareOrdinal(a.Name, b.Name) is var byName and not 0 ? byName : string.CompareOrdinal(a.Value, b.Value));
        return (string.Join('&', parameters.Select(p => $"{p.Name}={p.Value}")), holdsCredential);
    }

    private static bool IsDotSegment(ReadOnlySpan<char> segment) =>
        segment.Length <= 6 && segment.ToString().Replace("%2e", ".", StringComparison.OrdinalIgnoreCase) is "." or "..";

    private static string Recode(ReadOnlySpan<char> component)
    {
        var bytes = Decode(component);
        // Escapes that are not UTF-8 stay as they are when the framework decodes, so that two spellings would be one to us.
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
        {
            throw AuthenticationFailure.Incomplete("The query holds bytes that are not UTF-8.");
        }

        var text = new StringBuilder(component.Length + 8);
        AppendEncoded(text, bytes);
        return text.ToString();
    }

    private static ReadOnlySpan<byte> Decode(ReadOnlySpan<char> component)
    {
        var source = Encoding.UTF8.GetBytes(component.ToString());
        var length = 0;
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i] != '%')
            {
                source[length++] = source[i] == '+' ? (byte)' ' : source[i];
                continue;
            }

            if (i + 2 >= source.Length || !char.IsAsciiHexDigit((char)source[i + 1]) || !char.IsAsciiHexDigit((char)source[i + 2]))
            {
                throw AuthenticationFailure.Incomplete("The query holds a '%' that is not followed by two hexadecimal digits.");
            }

            source[length++] = Convert.FromHexString(Encoding.ASCII.GetString(source, i + 1, 2))[0];
            i += 2;
        }

        return source.AsSpan(0, length);
    }

    private static void AppendEncoded(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'.' or (byte)'~')
            {
                text.Append((char)b);
            }
            else
            {
                text.Append('%').Append("0123456789ABCDEF"[b >> 4]).Append("0123456789ABCDEF"[b & 15]);
            }
        }
    }

    // Lines of one name are joined by commas; each is trimmed, and a run of blanks within it is one blank.
    private static void AppendValue(StringBuilder text, StringValues lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            var words = (lines[i] ?? "").Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            text.Append(i == 0 ? "" : ",").AppendJoin(' ', words);
        }
    }
}
