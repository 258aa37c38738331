using System.Text.Json;
using Granary.Core;

namespace Granary.Formats.Npm;

/// <summary>The digests of the tarball's bytes as they were received, in lower-case hexadecimal.</summary>
public sealed record NpmDigests(string Sha1, string Sha256, string Sha512);

/// <summary>A publish that may be stored.</summary>
/// <param name="Name">The package.</param>
/// <param name="Version">The version, without build metadata, as clients will ask for it.</param>
/// <param name="Manifest">The manifest to store, UTF-8 JSON: as sent, with <c>dist</c> computed here (no tarball address) and no readme text.</param>
/// <param name="Summary">The description.</param>
/// <param name="Readme">The readme of the tarball, else the document's.</param>
/// <param name="ReadmeFile">The readme's file name, where the tarball has one.</param>
/// <param name="DistTags">The tags to set, each to <paramref name="Version"/>; <c>latest</c> where the document names none.</param>
/// <param name="Deprecated">The deprecation message that the version is born with.</param>
/// <param name="Access"><c>public</c>, <c>restricted</c> or null.</param>
public sealed record NpmPublication(
    NpmName Name,
    string Version,
    ReadOnlyMemory<byte> Manifest,
    string? Summary,
    string? Readme,
    string? ReadmeFile,
    IReadOnlyDictionary<string, string> DistTags,
    string? Deprecated,
    string? Access);

/// <summary>
/// Holds a publish document against its tarball. A registry that lists one manifest and serves another lets an attacker hide what
/// gets installed, so they must agree on name, version, dependencies, commands and install scripts; what npm, yarn, pnpm and bun
/// rewrite on their way is no disagreement.
/// </summary>
public static class NpmManifestCheck
{
    /// <param name="asked">The package of the request's address. Whether a new package may have this name is the caller's question.</param>
    /// <param name="document">A document with an attachment.</param>
    /// <param name="tarball">What <see cref="NpmTarball.InspectAsync"/> found in the attachment.</param>
    /// <param name="digests">The attachment's digests.</param>
    /// <exception cref="Refusal">Validation: the document disagrees with the address, the tarball, the digests or itself.</exception>
    public static NpmPublication Agree(NpmName asked, NpmPublishDocument document, NpmTarballContent tarball, NpmDigests digests)
    {
        var root = document.Root;
        var attachment = document.Attachment ?? throw Refusal.Validation("The publish document has no tarball: run npm publish.");
        SameName(asked, NpmJsonDocument.Text(root, "name"), "The publish document's name");
        if (root.TryGetProperty("_id", out _))
        {
            SameName(asked, NpmJsonDocument.Text(root, "_id"), "The publish document's _id");
        }

        var packageJson = NpmJsonDocument.Parse(tarball.PackageJson, "The package.json in the tarball", strict: true);
        var manifest = OnlyVersion(root, out var key);
        NpmDist.Check(manifest, digests);
        SameName(asked, NpmJsonDocument.Text(manifest, "name"), "The manifest's name");
        SameName(asked, NpmJsonDocument.Text(packageJson, "name"), "The name in the tarball's package.json");
        var version = NpmVersion.Clean(key) ?? throw Refusal.Validation($"{Shown(key)} is not a version: use three numbers, such as 1.0.0.");
        SameVersion(version, NpmJsonDocument.Text(manifest, "version"), "The manifest's version");
        SameVersion(version, NpmJsonDocument.Text(packageJson, "version"), "The version in the tarball's package.json");
        CheckFileName(asked, version, attachment.FileName);
        SameShape(NpmManifestShape.Of(manifest, asked.Name), NpmManifestShape.Of(packageJson, asked.Name), manifest, tarball);
        return new NpmPublication(
            asked,
            version,
            NpmManifestWriter.Write(asked, version, manifest, tarball, digests),
            NpmJsonDocument.Text(manifest, "description"),
            tarball.Readme ?? NpmJsonDocument.Text(manifest, "readme") ?? NpmJsonDocument.Text(root, "readme"),
            tarball.ReadmeFile,
            Tags(root, version),
            NpmJsonDocument.Text(manifest, "deprecated") is { Length: > 0 } message ? message : null,
            NpmJsonDocument.Text(root, "access"));
    }

    private static void SameName(NpmName asked, string? found, string what)
    {
        // npm trims the name in package.json.
        if (found?.Trim() != asked.Full)
        {
            throw Refusal.Validation($"{what} is {Shown(found)}, and the package published to is \"{asked}\": they have to be the same.");
        }
    }

    private static void SameVersion(string version, string? found, string what)
    {
        if (found is null || NpmVersion.Clean(found) != version)
        {
            throw Refusal.Validation($"{what} is {Shown(found)}, and the version published is \"{version}\": they have to be the same.");
        }
    }

    private static JsonElement OnlyVersion(JsonElement root, out string key)
    {
        if (!root.TryGetProperty("versions", out var versions)
            || versions.ValueKind != JsonValueKind.Object
            || versions.GetPropertyCount() != 1
            || versions.EnumerateObject().First() is not { Value.ValueKind: JsonValueKind.Object } only)
        {
            throw Refusal.Validation("The publish document has to hold one version, that of its tarball: publish one version at a time.");
        }

        key = only.Name;
        return only.Value;
    }

    // npm and its kin write the scope into the name; others leave it out or join it with a hyphen, as npm pack does.
    private static void CheckFileName(NpmName name, string version, string file)
    {
        foreach (var stem in (ReadOnlySpan<string>)[name.Full, name.Name, $"{name.Scope}-{name.Name}"])
        {
            if (file.Length > stem.Length + 5
                && file.StartsWith(stem, StringComparison.Ordinal)
                && file[stem.Length] == '-'
                && file.EndsWith(".tgz", StringComparison.Ordinal)
                && NpmVersion.Clean(file[(stem.Length + 1)..^4]) == version)
            {
                return;
            }
        }

        throw Refusal.Validation($"The attachment is named {Shown(file)}: name it {name.Full}-{version}.tgz.");
    }

    private static void SameShape(NpmManifestShape sent, NpmManifestShape packed, JsonElement manifest, NpmTarballContent tarball)
    {
        Same("dependencies", SameRanges(sent.Regular, packed.Regular));
        Same("optionalDependencies", SameRanges(sent.Optional, packed.Optional));
        Same("peerDependencies", SameRanges(sent.Peer, packed.Peer));
        Same("peerDependenciesMeta", sent.OptionalPeers.SetEquals(packed.OptionalPeers));
        Same("bundleDependencies", sent.Bundled.SetEquals(packed.Bundled));
        Same("bin", SameMap(sent.Bin, packed.Bin) || IsBinFolder(sent, packed));
        Same("install scripts", SameMap(sent.InstallScripts, packed.InstallScripts) || IsGypScript(sent, packed, manifest, tarball));
    }

    private static void Same(string what, bool same)
    {
        if (!same)
        {
            throw Refusal.Validation(
                $"The manifest and the tarball's package.json differ in their {what}: publish the tarball that was packed from this manifest.");
        }
    }

    private static bool SameRanges(IReadOnlyDictionary<string, string> left, IReadOnlyDictionary<string, string> right) =>
        left.Count == right.Count && left.All(d => right.TryGetValue(d.Key, out var range) && NpmDependencyMap.SameRange(d.Value, range));

    private static bool SameMap(IReadOnlyDictionary<string, string> left, IReadOnlyDictionary<string, string> right) =>
        left.Count == right.Count && left.All(d => right.TryGetValue(d.Key, out var value) && d.Value == value);

    // npm lists the files of directories.bin in the document only.
    private static bool IsBinFolder(NpmManifestShape sent, NpmManifestShape packed) =>
        packed.Bin.Count == 0
        && packed.BinFolder is { } folder
        && sent.Bin.All(b => b.Value.StartsWith(folder + "/", StringComparison.Ordinal) && b.Value.EndsWith("/" + b.Key, StringComparison.Ordinal));

    // npm adds this script to the document when the folder has a *.gyp file, whether that gets packed or not.
    private static bool IsGypScript(NpmManifestShape sent, NpmManifestShape packed, JsonElement manifest, NpmTarballContent tarball) =>
        sent.InstallScripts.GetValueOrDefault("install") == "node-gyp rebuild"
        && !packed.InstallScripts.ContainsKey("install")
        && !packed.InstallScripts.ContainsKey("preinstall")
        && (tarball.HasGypFile || (manifest.TryGetProperty("gypfile", out var flag) && flag.ValueKind == JsonValueKind.True))
        && SameMap(sent.InstallScripts.Where(s => s.Key != "install").ToDictionary(), packed.InstallScripts);

    private static Dictionary<string, string> Tags(JsonElement root, string version)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        if (root.TryGetProperty("dist-tags", out var sent) && sent.ValueKind == JsonValueKind.Object)
        {
            foreach (var tag in sent.EnumerateObject())
            {
                if (!NpmTag.IsValid(tag.Name))
                {
                    throw Refusal.Validation($"{Shown(tag.Name)} cannot be a dist-tag: use letters and digits, and nothing that reads as a version range.");
                }

                var target = tag.Value.ValueKind == JsonValueKind.String ? tag.Value.GetString() : null;
                SameVersion(version, target, $"The dist-tag \"{tag.Name}\"");
                tags[tag.Name] = version;
            }
        }

        if (tags.Count == 0)
        {
            tags["latest"] = version;
        }

        return tags;
    }

    private static string Shown(string? text) => text is null ? "missing" : ArchivePath.Shown(text);
}
