using System.Net;

namespace Granary.Formats.PyPi;

/// <summary>
/// Reads a project's page in HTML (PEP 503), as far as it goes: anchors with their attributes. Pages are written by programs, so that
/// comments, quotes and character references are all of the syntax that has to be understood.
/// </summary>
internal static class PyPiSourceHtml
{
    private const string Digest = "sha256=";

    /// <summary>The files with a SHA-256; null where the page is no project's page of an index.</summary>
    public static IReadOnlyList<PyPiListedFile>? Read(string page)
    {
        var files = new List<PyPiListedFile>();
        // A page without a single file is one of an index only where it says so: a proxy's notice is none.
        var isIndex = false;
        foreach (var (tag, attributes) in Tags(page))
        {
            isIndex |= tag == "meta" && attributes.GetValueOrDefault("name") == "pypi:repository-version";
            if (tag == "a" && attributes.GetValueOrDefault("href") is { } href && FileOf(href, attributes) is { } file)
            {
                files.Add(file);
            }
        }

        return isIndex || files.Count > 0 ? files : null;
    }

    private static PyPiListedFile? FileOf(string href, Dictionary<string, string> attributes)
    {
        var mark = href.IndexOf('#', StringComparison.Ordinal);
        var address = mark < 0 ? href : href[..mark];
        var sha256 = mark < 0 ? null : Sha256(href[(mark + 1)..]);
        var name = Uri.UnescapeDataString(address[(address.LastIndexOf('/') + 1)..].Split('?')[0]);
        var metadata = attributes.GetValueOrDefault("data-core-metadata") ?? attributes.GetValueOrDefault("data-dist-info-metadata");
        return sha256 is null ? null : new PyPiListedFile(
            new PyPiFile(
                name, sha256, null, null, attributes.GetValueOrDefault("data-requires-python"), metadata is null ? null : Sha256(metadata), attributes.GetValueOrDefault("data-yanked")),
            address);
    }

    // A fragment may say more than the digest, as parameters do.
    private static string? Sha256(string text) =>
        text.Split('&').FirstOrDefault(part => part.StartsWith(Digest, StringComparison.Ordinal)) is { } part ? PyPiSourceJson.Hex(part[Digest.Length..]) : null;

    private static IEnumerable<(string Tag, Dictionary<string, string> Attributes)> Tags(string page)
    {
        const string Comment = "<!--", CommentEnd = "-->";
        var at = 0;
        while ((at = page.IndexOf('<', at)) >= 0)
        {
            if (string.CompareOrdinal(page, at, Comment, 0, Comment.Length) == 0)
            {
                var end = page.IndexOf(CommentEnd, at + Comment.Length, StringComparison.Ordinal);
                at = end < 0 ? page.Length : end + CommentEnd.Length;
                continue;
            }

            at++;
            var start = at;
            while (at < page.Length && char.IsAsciiLetterOrDigit(page[at]))
            {
                at++;
            }

            if (at > start)
            {
                yield return (page[start..at].ToLowerInvariant(), Attributes(page, ref at));
            }
        }
    }

    /// <summary>Reads on to the end of the tag. Of attributes with one name the first counts.</summary>
    private static Dictionary<string, string> Attributes(string page, ref int at)
    {
        var attributes = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (at < page.Length && page[at] != '>')
        {
            if (char.IsWhiteSpace(page[at]) || page[at] is '/' or '=')
            {
                at++;
                continue;
            }

            var name = Until(page, ref at, c => char.IsWhiteSpace(c) || c is '=' or '>' or '/');
            Skip(page, ref at);
            attributes.TryAdd(name, at < page.Length && page[at] == '=' ? Value(page, ref at) : "");
        }

        return attributes;
    }

    private static string Value(string page, ref int at)
    {
        at++;
        Skip(page, ref at);
        if (at == page.Length || page[at] is not ('"' or '\''))
        {
            return WebUtility.HtmlDecode(Until(page, ref at, c => char.IsWhiteSpace(c) || c == '>'));
        }

        var quote = page[at++];
        var value = Until(page, ref at, c => c == quote);
        at += at < page.Length ? 1 : 0;
        return WebUtility.HtmlDecode(value);
    }

    private static void Skip(string page, ref int at)
    {
        while (at < page.Length && char.IsWhiteSpace(page[at]))
        {
            at++;
        }
    }

    private static string Until(string page, ref int at, Func<char, bool> ends)
    {
        var start = at;
        while (at < page.Length && !ends(page[at]))
        {
            at++;
        }

        return page[start..at];
    }
}
