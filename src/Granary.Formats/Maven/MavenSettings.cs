using System.Xml;
using System.Xml.Linq;
using Granary.Core.Upstreams;

namespace Granary.Formats.Maven;

/// <summary>What of Maven's settings decides where a repository is: mirrors, repositories of active profiles, servers.</summary>
internal sealed class MavenSettings
{
    private readonly List<(string Id, string Of, string Url)> mirrors = [];
    private readonly List<(string Id, string Url)> repositories = [];
    private readonly Dictionary<string, SourceCredentials> servers = [];

    /// <summary>The files that were read, the one that wins first.</summary>
    public List<string> Files { get; } = [];

    /// <summary>The files that are no valid settings.</summary>
    public List<string> Malformed { get; } = [];

    /// <summary>The user's settings, then the installation's, as Maven merges them.</summary>
    public static MavenSettings Load(ClientMachine machine)
    {
        var settings = new MavenSettings();
        foreach (var path in Paths(machine))
        {
            if (ClientMachine.ReadText(path) is { } text && !settings.Files.Contains(path))
            {
                settings.Read(machine, path, text);
            }
        }

        return settings;
    }

    /// <summary>The address that Maven asks for a repository of one of these ids, with the credentials of whatever serves it.</summary>
    public (string Url, string What, SourceCredentials? Credentials)? Find(IReadOnlyList<string> ids)
    {
        foreach (var (id, url) in repositories.Where(repository => ids.Contains(repository.Id)))
        {
            return Mirror([id]) ?? (url, $"repository {id}", servers.GetValueOrDefault(id));
        }

        return Mirror(ids);
    }

    private (string Url, string What, SourceCredentials? Credentials)? Mirror(IReadOnlyList<string> ids)
    {
        // Maven takes the mirror that names the repository alone before any pattern.
        var mirror = mirrors.Find(mirror => ids.Contains(mirror.Of));
        mirror = mirror.Id is null ? mirrors.Find(mirror => ids.Any(id => Matches(mirror.Of, id)) || ids.Contains(mirror.Id)) : mirror;
        return mirror.Id is null ? null : (mirror.Url, $"mirror {mirror.Id}", servers.GetValueOrDefault(mirror.Id));
    }

    /// <summary>Maven's mirrorOf: a list of ids, <c>*</c>, <c>external:*</c> and exclusions with <c>!</c>. Every public source is external and https.</summary>
    private static bool Matches(string pattern, string id)
    {
        var parts = pattern.Split(',', StringSplitOptions.TrimEntries);
        return !parts.Contains("!" + id) && parts.Any(part => part is "*" or "external:*" || part == id);
    }

    private static IEnumerable<string> Paths(ClientMachine machine)
    {
        yield return machine.InHome(".m2", "settings.xml");
        foreach (var home in (string?[])[machine.Variable("MAVEN_HOME"), machine.Variable("M2_HOME"), Installation(machine)])
        {
            if (home is not null)
            {
                yield return Path.Combine(home, "conf", "settings.xml");
            }
        }
    }

    private static string? Installation(ClientMachine machine)
    {
        try
        {
            return machine.FindTool("mvn") is { } tool
                ? Path.GetDirectoryName(Path.GetDirectoryName(File.ResolveLinkTarget(tool, returnFinalTarget: true)?.FullName ?? tool))
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Read(ClientMachine machine, string path, string text)
    {
        XElement root;
        try
        {
            using var reader = XmlReader.Create(
                new StringReader(text), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            root = XDocument.Load(reader).Root!;
        }
        catch (XmlException)
        {
            Malformed.Add(path);
            return;
        }

        Files.Add(path);
        string? Text(XElement? parent, string name) =>
            Child(parent, name)?.Value.Trim() is { Length: > 0 } value ? machine.Expand(value, "${env.") : null;

        foreach (var mirror in Children(Child(root, "mirrors")).Where(mirror => Text(mirror, "blocked") != "true"))
        {
            if (Text(mirror, "mirrorOf") is { } of && Text(mirror, "url") is { } url)
            {
                mirrors.Add((Text(mirror, "id") ?? "default", of, url));
            }
        }

        foreach (var repository in Children(Child(root, "profiles")).Where(profile => IsActive(root, profile))
            .SelectMany(profile => Children(Child(profile, "repositories")).Concat(Children(Child(profile, "pluginRepositories")))))
        {
            if (Text(repository, "id") is { } id && Text(repository, "url") is { } url)
            {
                repositories.Add((id, url));
            }
        }

        foreach (var server in Children(Child(root, "servers")))
        {
            // A password in braces is encrypted with a key that is Maven's own: such a source is tried without.
            if (Text(server, "id") is { } id && Text(server, "username") is { } name && Text(server, "password") is { } password && password[0] != '{')
            {
                servers.TryAdd(id, new SourceCredentials(name, password, null));
            }
        }
    }

    private static bool IsActive(XElement root, XElement profile) =>
        Child(Child(profile, "activation"), "activeByDefault")?.Value.Trim() == "true"
        || Children(Child(root, "activeProfiles")).Any(active => active.Value.Trim() == Child(profile, "id")?.Value.Trim());

    // By local name: settings are written with and without Maven's XML namespace.
    private static XElement? Child(XElement? parent, string name) => Children(parent).FirstOrDefault(child => child.Name.LocalName == name);

    private static IEnumerable<XElement> Children(XElement? parent) => parent?.Elements() ?? [];
}
