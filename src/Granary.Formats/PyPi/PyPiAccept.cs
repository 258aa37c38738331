using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Granary.Formats.PyPi;

/// <summary>Which form of a page a client wants, by its Accept header (PEP 691).</summary>
internal static class PyPiAccept
{
    public const string Json = "application/vnd.pypi.simple.v1+json";
    public const string Html = "application/vnd.pypi.simple.v1+html";
    public const string PlainHtml = "text/html; charset=utf-8";

    private static readonly Dictionary<string, string> Types = new(StringComparer.OrdinalIgnoreCase)
    {
        [Json] = Json,
        ["application/vnd.pypi.simple.latest+json"] = Json,
        [Html] = Html,
        ["application/vnd.pypi.simple.latest+html"] = Html,
        ["text/html"] = PlainHtml,
        ["text/*"] = PlainHtml,
        ["*/*"] = PlainHtml,
    };

    /// <summary>
    /// The content type to answer with: of those that the client takes the one of the highest weight; of equals one that it names before
    /// one that it takes with others, and then the first. Null where there is none.
    /// </summary>
    public static string? TypeOf(StringValues accept)
    {
        if (string.IsNullOrWhiteSpace(accept.ToString()))
        {
            return PlainHtml;
        }

        if (!MediaTypeHeaderValue.TryParseList([.. accept.OfType<string>()], out var asked))
        {
            return null;
        }

        var known = asked.Where(t => Types.ContainsKey(t.MediaType.ToString())).ToList();
        // RFC 9110, 12.5.1: a type with weight 0 is refused, also where a wider one is taken.
        var refused = known.Where(t => t.Quality is 0).Select(TypeFor).ToHashSet();
        return known.Where(t => t.Quality is not 0 && !refused.Contains(TypeFor(t)))
            .OrderByDescending(t => t.Quality ?? 1).ThenBy(t => t.MatchesAllSubTypes)
            .Select(TypeFor).FirstOrDefault();
    }

    private static string TypeFor(MediaTypeHeaderValue asked) => Types[asked.MediaType.ToString()];
}
