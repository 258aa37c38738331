namespace Granary.Formats.Npm;

/// <summary>
/// A repository on one of the git hosts that npm abbreviates: <c>user/repo</c>, <c>github:user/repo</c>, <c>git+ssh://git@host/user/repo.git#v1</c>
/// and so on all name the same thing, and npm rewrites one into the other when it publishes.
/// </summary>
internal sealed record NpmGitSource(string Host, string Path, string Committish)
{
    private static readonly (string Prefix, string Host)[] Shortcuts =
    [
        ("github:", "github.com"), ("gitlab:", "gitlab.com"), ("bitbucket:", "bitbucket.org"), ("gist:", "gist.github.com"), ("sourcehut:", "git.sr.ht"),
    ];

    private static readonly string[] Schemes = ["git+https://", "git+http://", "git+ssh://", "https://", "http://", "ssh://", "git://"];

    /// <summary>Where a browser finds it.</summary>
    public string WebAddress => $"https://{Host}/{Path}";

    /// <summary>The source that a dependency or a repository field names, or null if it is on none of these hosts.</summary>
    public static NpmGitSource? Parse(string text)
    {
        if (text.Length > 2048)
        {
            return null;
        }

        var hash = text.IndexOf('#', StringComparison.Ordinal);
        var committish = hash < 0 ? "" : text[(hash + 1)..];
        var location = hash < 0 ? text : text[..hash];
        foreach (var (prefix, host) in Shortcuts)
        {
            if (location.StartsWith(prefix, StringComparison.Ordinal))
            {
                return Of(host, location[prefix.Length..], committish);
            }
        }

        foreach (var scheme in Schemes)
        {
            if (location.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            {
                return OfUrl(location[scheme.Length..], committish);
            }
        }

        if (location.StartsWith("git@", StringComparison.Ordinal))
        {
            return OfUrl(location, committish);
        }

        var isShorthand = location.Count(c => c == '/') == 1 && location[0] is not ('.' or '/' or '~' or '@') && !location.Contains(':', StringComparison.Ordinal);
        return isShorthand ? Of("github.com", location, committish) : null;
    }

    private static NpmGitSource? OfUrl(string rest, string committish)
    {
        var at = rest.LastIndexOf('@');
        rest = at < 0 ? rest : rest[(at + 1)..];
        var end = rest.IndexOfAny(['/', ':']);
        if (end < 0)
        {
            return null;
        }

        var host = rest[..end];
        host = host.StartsWith("www.", StringComparison.OrdinalIgnoreCase) ? host[4..] : host;
        foreach (var (_, known) in Shortcuts)
        {
            if (known.Equals(host, StringComparison.OrdinalIgnoreCase))
            {
                return Of(known, rest[(end + 1)..], committish);
            }
        }

        return null;
    }

    private static NpmGitSource? Of(string host, string path, string committish)
    {
        path = path.TrimEnd('/');
        path = path.EndsWith(".git", StringComparison.Ordinal) ? path[..^4] : path;
        var user = path.LastIndexOf('@');
        path = user < 0 || host == "git.sr.ht" ? path : path[(user + 1)..];
        var segments = path.Split('/');
        // More segments are a page or an archive below the repository (only one host nests projects).
        var fits = host switch
        {
            "gist.github.com" => segments.Length is 1 or 2,
            "gitlab.com" => segments.Length is >= 2 and <= 8 && !path.Contains("/-/", StringComparison.Ordinal),
            _ => segments.Length == 2,
        };
        return fits && segments.All(s => s.Length > 0 && !s.Any(char.IsWhiteSpace)) ? new NpmGitSource(host, path, committish) : null;
    }
}
