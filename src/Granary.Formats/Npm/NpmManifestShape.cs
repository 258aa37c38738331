using System.Text.Json;

namespace Granary.Formats.Npm;

/// <summary>
/// What installing a package depends on, in one form however the manifest spells it. Clients rewrite package.json while they publish (npm
/// most of all), so that the document and the tarball are compared in this form and not letter by letter.
/// </summary>
internal sealed class NpmManifestShape
{
    private NpmManifestShape(JsonElement manifest, string shortName)
    {
        var dependencies = NpmDependencyMap.Of(manifest, "dependencies");
        Optional = NpmDependencyMap.Of(manifest, "optionalDependencies");
        Peer = NpmDependencyMap.Of(manifest, "peerDependencies");
        OptionalPeers = OptionalPeersOf(manifest);
        Bundled = BundledOf(manifest, dependencies.Keys);
        // An optional dependency overrides a regular one; npm up to 6 wrote every optional one into both.
        Regular = new SortedDictionary<string, string>(
            dependencies.Where(d => !Optional.ContainsKey(d.Key)).ToDictionary(d => d.Key, d => d.Value), StringComparer.Ordinal);
        Bin = NpmBin.Of(manifest, shortName);
        BinFolder = manifest.TryGetProperty("directories", out var directories) && NpmJsonDocument.Text(directories, "bin") is { Length: > 0 } folder
            ? NpmBin.Clean(folder)
            : null;
        InstallScripts = NpmInstallScripts.Of(manifest);
    }

    public IReadOnlyDictionary<string, string> Regular { get; }

    public IReadOnlyDictionary<string, string> Optional { get; }

    public IReadOnlyDictionary<string, string> Peer { get; }

    public IReadOnlySet<string> OptionalPeers { get; }

    public IReadOnlySet<string> Bundled { get; }

    public IReadOnlyDictionary<string, string> Bin { get; }

    /// <summary>directories.bin: npm lists the files of this folder as commands where there is no <c>bin</c>.</summary>
    public string? BinFolder { get; }

    public IReadOnlyDictionary<string, string> InstallScripts { get; }

    public static NpmManifestShape Of(JsonElement manifest, string shortName) => new(manifest, shortName);

    private static SortedSet<string> OptionalPeersOf(JsonElement manifest)
    {
        var optional = new SortedSet<string>(StringComparer.Ordinal);
        if (manifest.TryGetProperty("peerDependenciesMeta", out var meta) && meta.ValueKind == JsonValueKind.Object)
        {
            foreach (var peer in meta.EnumerateObject())
            {
                if (peer.Value.ValueKind == JsonValueKind.Object && peer.Value.TryGetProperty("optional", out var flag) && flag.ValueKind == JsonValueKind.True)
                {
                    optional.Add(peer.Name);
                }
            }
        }

        return optional;
    }

    // Both spellings occur; true means all dependencies, and an object stands for its names.
    private static SortedSet<string> BundledOf(JsonElement manifest, IEnumerable<string> dependencies)
    {
        if (!manifest.TryGetProperty("bundleDependencies", out var bundled) && !manifest.TryGetProperty("bundledDependencies", out bundled))
        {
            return [];
        }

        var names = bundled.ValueKind switch
        {
            JsonValueKind.True => dependencies,
            JsonValueKind.Array => bundled.EnumerateArray().Where(n => n.ValueKind == JsonValueKind.String).Select(n => n.GetString()!),
            JsonValueKind.Object => bundled.EnumerateObject().Select(n => n.Name),
            _ => [],
        };
        return new SortedSet<string>(names, StringComparer.Ordinal);
    }
}
