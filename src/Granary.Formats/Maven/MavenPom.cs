using System.Text;
using System.Xml.Linq;
using Granary.Core;

namespace Granary.Formats.Maven;

/// <summary>A POM: which artifact it is of, and what it says of it. Values of its parent are never looked up.</summary>
internal sealed class MavenPom
{
    // Longer values are no name of anything, and a property that names others could grow without end.
    private const int MaxValue = 1024;

    private static readonly string[] scopes = ["compile", "runtime", "test", "system", "provided"];

    private readonly XElement project;
    private readonly XElement? parent;

    private MavenPom(XElement project)
    {
        this.project = project;
        parent = project.Child("parent");
    }

    public string? GroupId => Own("groupId") ?? parent.Text("groupId");

    public string? ArtifactId => Own("artifactId");

    public string? Version => Own("version") ?? parent.Text("version");

    /// <exception cref="Refusal">Validation: it is no POM.</exception>
    public static MavenPom Read(ReadOnlySpan<byte> document) => new(MavenXml.Read(document, "project", "The POM"));

    /// <exception cref="Refusal">Validation: the POM says that it is of another artifact than its address.</exception>
    public void DemandOf(MavenPath path)
    {
        DemandOnce("groupId", "artifactId", "version", "parent");
        Demand("groupId", GroupId, path.Package.Namespace);
        Demand("artifactId", ArtifactId, path.Package.Name);

        // A build's POM names the snapshot, or, where the publisher had it rewritten, the build.
        if (Version != path.Version)
        {
            Demand("version", Version, path.Folder);
        }
    }

    public MavenProject Describe() => new()
    {
        Name = Value(Own("name")),
        Description = Own("description"),
        Url = Value(Own("url")),
        Scm = Value(project.Child("scm").Text("url")),
        Licenses = [.. project.Child("licenses").Children("license").Select(l => (Name: l.Text("name"), Url: l.Text("url")))
            .Where(l => l.Name is not null || l.Url is not null).Select(l => new License(l.Name ?? l.Url!, l.Url))],
        Dependencies = [.. Parent(), .. project.Child("dependencies").Children("dependency").Select(Dependency).OfType<PackageDependency>()],
    };

    private IEnumerable<PackageDependency> Parent()
    {
        if (Named(parent) is var (group, artifact))
        {
            yield return new PackageDependency(group, artifact, "parent", Value(parent.Text("version")));
        }
    }

    private PackageDependency? Dependency(XElement element)
    {
        // What is not named by this POM alone has no name in CodeArtifact's model.
        if (Named(element) is not var (group, artifact))
        {
            return null;
        }

        var scope = Value(element.Text("scope")) is { } said && scopes.Contains(said) ? said : "compile";
        return new PackageDependency(group, artifact, Value(element.Text("optional")) is "true" ? "optional" : scope, Value(element.Text("version")));
    }

    private (string Group, string Artifact)? Named(XElement? element) =>
        Value(element.Text("groupId")) is { } group && Value(element.Text("artifactId")) is { } artifact && MavenName.IsGroup(group) && MavenName.IsArtifact(artifact)
            ? (group, artifact)
            : null;

    private string? Own(string name) => project.Text(name);

    private void DemandOnce(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (project.Children(name).Count() > 1 || parent.Children(name).Count() > 1)
            {
                throw Refusal.Validation($"The POM has more than one {name}.");
            }
        }
    }

    private void Demand(string name, string? said, string address)
    {
        // With an expression of the build in it, as CI-friendly versions have, the POM leaves it to the address.
        if (said != address && Value(said) != address && said?.Contains("${", StringComparison.Ordinal) is not true)
        {
            throw Refusal.Validation($"The POM's {name} is {said ?? "missing"}, and its address says {address}. Publish it under its own name.");
        }
    }

    /// <summary>The text with the properties that this POM itself gives in place of their names.</summary>
    private string? Value(string? text)
    {
        for (var rounds = 0; rounds < 8 && text is { Length: <= MaxValue } && text.Contains("${", StringComparison.Ordinal); rounds++)
        {
            var replaced = ReplaceOnce(text);
            if (replaced == text)
            {
                break;
            }

            text = replaced;
        }

        return text is { Length: > MaxValue } ? text[..MaxValue] : text;
    }

    private string ReplaceOnce(string text)
    {
        var result = new StringBuilder();
        var rest = text.AsSpan();
        while (rest.IndexOf("${") is >= 0 and var start && rest[start..].IndexOf('}') is > 0 and var length && result.Length <= MaxValue)
        {
            var name = rest.Slice(start + 2, length - 2).ToString();
            result.Append(rest[..start]).Append(Property(name) ?? $"${{{name}}}");
            rest = rest[(start + length + 1)..];
        }

        return result.Append(rest).ToString();
    }

    private string? Property(string name) => name switch
    {
        "project.groupId" or "pom.groupId" or "groupId" => GroupId,
        "project.artifactId" or "pom.artifactId" or "artifactId" => ArtifactId,
        "project.version" or "pom.version" or "version" => Version,
        "project.parent.groupId" => parent.Text("groupId"),
        "project.parent.version" => parent.Text("version"),
        "project.name" => Own("name"),
        "project.url" => Own("url"),
        _ => PropertyOf(name),
    };

    private string? PropertyOf(string name) =>
        project.Child("properties")?.Elements().FirstOrDefault(p => p.Name.LocalName == name)?.Value.Trim();
}
