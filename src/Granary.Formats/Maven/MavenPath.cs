using Granary.Core;
using Granary.Core.Packages;

namespace Granary.Formats.Maven;

/// <summary>What an address of a Maven repository leads to.</summary>
internal enum MavenPlace
{
    /// <summary>A file of a version.</summary>
    Asset,

    /// <summary>The listing of an artifact's versions.</summary>
    ArtifactMetadata,

    /// <summary>The listing of a snapshot's newest build.</summary>
    SnapshotMetadata,
}

/// <summary>
/// An address below a repository, <c>com/acme/lib/1.0/lib-1.0.jar</c>, read once: the only parser of such paths. Folders say which artifact and
/// version is meant; a file's name must say the same, so that <c>a-1</c> version <c>2</c> and <c>a</c> version <c>1-2</c> never meet.
/// </summary>
/// <param name="Folder">The version as the path has it; empty for the listing of an artifact.</param>
/// <param name="Version">The version that the file belongs to: in the folder of a snapshot the build, or the snapshot itself where the file's name names no build.</param>
/// <param name="File">The file's name, without the suffix of a checksum.</param>
/// <param name="Checksum">Which of the file's checksums is meant; null for the file itself.</param>
internal sealed record MavenPath(MavenPlace Place, PackageCoordinate Package, string Folder, string Version, string File, MavenChecksum? Checksum)
{
    public const string Metadata = "maven-metadata.xml";

    /// <summary>The file stands for the newest build of its snapshot.</summary>
    public bool IsOfNewest => Place is MavenPlace.Asset && MavenSnapshot.IsFolder(Version);

    /// <summary>What an Ivy publisher sends last.</summary>
    public bool IsIvyDescriptor => Place is MavenPlace.Asset && File == $"ivy-{Folder}.xml";

    public bool IsPom => File.EndsWith(".pom", StringComparison.Ordinal);

    /// <summary>The address relative to the repository, as it was read.</summary>
    public string Text => $"{FolderOf(Package)}{(Folder.Length == 0 ? "" : Folder + "/")}{File}{Checksum?.Suffix()}";

    /// <summary>Where an artifact's versions lie, with a slash at the end.</summary>
    public static string FolderOf(PackageCoordinate package) => $"{package.Namespace.Replace('.', '/')}/{package.Name}/";

    /// <summary>Reads a decoded path without a slash at its beginning; null where it is too short to lead to anything.</summary>
    /// <exception cref="Refusal">Validation: it has the length of an address and is none.</exception>
    public static MavenPath? Parse(string path)
    {
        var segments = path.Split('/');
        var file = segments[^1];
        var checksum = MavenChecksums.Split(ref file);
        if (file != Metadata)
        {
            return segments.Length < 4 || file.Length == 0 ? null : Asset(segments, file, checksum);
        }

        if (segments.Length >= 4 && MavenSnapshot.IsFolder(segments[^2]))
        {
            var folder = ReadVersion(segments[^2]);
            return new MavenPath(MavenPlace.SnapshotMetadata, ReadPackage(segments.AsSpan(0, segments.Length - 3), segments[^3]), folder, folder, file, checksum);
        }

        return segments.Length < 3
            ? null
            : new MavenPath(MavenPlace.ArtifactMetadata, ReadPackage(segments.AsSpan(0, segments.Length - 2), segments[^2]), "", "", file, checksum);
    }

    private static MavenPath Asset(string[] segments, string file, MavenChecksum? checksum)
    {
        var package = ReadPackage(segments.AsSpan(0, segments.Length - 3), segments[^3]);
        var folder = ReadVersion(segments[^2]);
        var version = VersionOf(package.Name, folder, file)
            ?? throw Refusal.Validation(MavenName.IsFile(file)
                ? $"'{file}' is no file of {package.Name} {folder}: its name must begin with {Begin(package.Name, folder)}."
                : $"'{file}' cannot be the name of a file: use letters, digits and . - _ +, at most {MavenName.MaxLength}.");
        return new MavenPath(MavenPlace.Asset, package, folder, version, file, checksum);
    }

    private static string? VersionOf(string artifact, string folder, string file)
    {
        if (!MavenName.IsFile(file))
        {
            return null;
        }

        if (MavenSnapshot.IsFolder(folder) && MavenSnapshot.OfFile(artifact, folder, file) is { } build)
        {
            return build.Version;
        }

        // Ivy's descriptor lies beside the files and is called ivy, whatever the artifact is called.
        return Begins(file, $"{artifact}-{folder}") || file == $"ivy-{folder}.xml" ? folder : null;
    }

    private static bool Begins(string file, string start) =>
        file.Length > start.Length + 1 && file.StartsWith(start, StringComparison.Ordinal) && file[start.Length] is '.' or '-';

    private static string Begin(string artifact, string folder) => MavenSnapshot.IsFolder(folder)
        ? $"{artifact}-{folder[..^MavenSnapshot.Suffix.Length]}-, the time and the number of a build, such as 20210728.194552-1"
        : $"{artifact}-{folder}";

    private static string ReadVersion(string text)
    {
        if (!MavenName.IsVersion(text))
        {
            throw Refusal.Validation($"'{text}' cannot be the version of an artifact: use letters, digits and . - _ +, at most {MavenName.MaxLength}.");
        }

        // Clients look for a build in the folder of its snapshot, and one build must not have two addresses.
        return MavenSnapshot.Parse(text) is { } build
            ? throw Refusal.Validation($"'{text}' is a build of a snapshot, and its files lie in the folder {build.Folder}.")
            : text;
    }

    private static PackageCoordinate ReadPackage(ReadOnlySpan<string> group, string artifact)
    {
        foreach (var segment in group)
        {
            // A dot inside a folder's name would be a second spelling of two folders.
            if (segment.Contains('.', StringComparison.Ordinal))
            {
                throw Refusal.Validation($"'{segment}' cannot be a folder of a group: write a folder for each part of the group's name.");
            }
        }

        var name = string.Join('.', group!);
        return MavenName.IsGroup(name) && MavenName.IsArtifact(artifact)
            ? new PackageCoordinate(MavenFormat.FormatName, name, artifact)
            : throw Refusal.Validation($"'{name}:{artifact}' cannot be the name of an artifact: groups and artifacts are letters, digits and . - _.");
    }
}
