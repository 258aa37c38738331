using System.Globalization;
using System.Xml.Linq;
using Granary.Core;
using Granary.Core.Packages;

namespace Granary.Formats.Maven;

/// <summary>A <c>maven-metadata.xml</c> as a publisher sends it or a public source serves it.</summary>
internal sealed record MavenMetadata
{
    public string? GroupId { get; private init; }

    public string? ArtifactId { get; private init; }

    /// <summary>The snapshot that it is of; null or any version in that of an artifact.</summary>
    public string? Version { get; private init; }

    /// <summary>In the document's order; none of them twice. What is no version of Maven's is left out.</summary>
    public IReadOnlyList<string> Versions { get; private init; } = [];

    /// <summary>Of a snapshot: the newest build, where the document names one.</summary>
    public MavenSnapshot? Build { get; private init; }

    public DateTimeOffset? LastUpdated { get; private init; }

    /// <summary>It names the plugins of a group, and is the listing of no artifact.</summary>
    public bool IsOfGroup { get; private init; }

    /// <exception cref="Refusal">Validation: it is no such document.</exception>
    public static MavenMetadata Read(ReadOnlySpan<byte> document)
    {
        var root = MavenXml.Read(document, "metadata", MavenPath.Metadata);
        var versioning = root.Child("versioning");
        var listed = versioning.Child("versions").Children("version").Select(v => v.Value.Trim()).Where(MavenName.IsVersion).Distinct().ToList();

        // Of old tools: no list, and one version.
        string?[] single = [root.Text("version"), versioning.Text("release"), versioning.Text("latest")];
        return new MavenMetadata
        {
            GroupId = root.Text("groupId"),
            ArtifactId = root.Text("artifactId"),
            Version = root.Text("version"),
            Versions = listed.Count > 0 ? listed : [.. single.OfType<string>().Where(MavenName.IsVersion).Distinct()],
            Build = NewestOf(root.Text("version"), versioning.Child("snapshot")),
            LastUpdated = Time(versioning.Text("lastUpdated")),
            IsOfGroup = root.Child("plugins") is not null && versioning is null,
        };
    }

    /// <summary>Whether the document is silent about whose it is or names this package.</summary>
    public bool IsOf(PackageCoordinate package) =>
        (GroupId is null || GroupId == package.Namespace) && (ArtifactId is null || ArtifactId == package.Name);

    private static MavenSnapshot? NewestOf(string? version, XElement? snapshot) =>
        version is not null && MavenSnapshot.IsFolder(version) && snapshot.Text("timestamp") is { } timestamp && snapshot.Text("buildNumber") is { } number
            ? MavenSnapshot.Parse($"{version[..^MavenSnapshot.Suffix.Length]}-{timestamp}-{number}")
            : null;

    private static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParseExact(text, "yyyyMMddHHmmss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
