using System.Text.Json.Nodes;

namespace Granary.ClientTests.Harness;

/// <summary>A made-up package of the fake source: versions, tags and the packument that describes them.</summary>
public sealed class FakePackage(string name)
{
    private static readonly DateTimeOffset FirstDay = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<FakeVersion> _versions = [];

    public string Name { get; } = name;

    public Dictionary<string, string> Tags { get; } = [];

    /// <summary>Replaces the digests in the packument by those of other bytes, so that every download of this package is wrong.</summary>
    public bool PromisesOtherBytes { get; set; }

    /// <summary>Where the packument says that the tarballs are, when not at the source itself.</summary>
    public Uri? TarballsAt { get; set; }

    /// <summary>Text that makes the packument as large as a test needs.</summary>
    public string Readme { get; set; } = "# made up\n";

    public IReadOnlyList<FakeVersion> Versions => _versions;

    public FakePackage With(string version, Action<FakeVersion>? change = null)
    {
        var added = new FakeVersion(Name, version);
        change?.Invoke(added);
        _versions.Add(added);
        if (!version.Contains('-', StringComparison.Ordinal))
        {
            Tags["latest"] = version;
        }

        return this;
    }

    /// <summary>The path of a version's tarball below the source's address, with its leading slash.</summary>
    public string TarballPath(string version) => $"/{Name}/-/{FileName(version)}";

    public string FileName(string version) => $"{Name[(Name.IndexOf('/', StringComparison.Ordinal) + 1)..]}-{version}.tgz";

    public JsonObject Packument(Uri source, bool abbreviated)
    {
        var versions = new JsonObject();
        var time = new JsonObject { ["created"] = Day(0), ["modified"] = Day(_versions.Count) };
        for (var i = 0; i < _versions.Count; i++)
        {
            var version = _versions[i];
            var promised = PromisesOtherBytes ? Tarball.Noise(10) : version.Bytes;
            var entry = version.Manifest();
            entry["dist"] = new JsonObject
            {
                ["tarball"] = new Uri(TarballsAt ?? source, TarballPath(version.Version)[1..]).AbsoluteUri,
                ["shasum"] = Tarball.Shasum(promised),
                ["integrity"] = Tarball.Integrity(promised),
            };
            versions[version.Version] = entry;
            time[version.Version] = Day(i + 1);
        }

        var packument = new JsonObject
        {
            ["name"] = Name,
            ["dist-tags"] = new JsonObject(Tags.Select(tag => KeyValuePair.Create(tag.Key, (JsonNode?)tag.Value))),
            ["versions"] = versions,
        };
        if (abbreviated)
        {
            packument["modified"] = Day(_versions.Count);
        }
        else
        {
            packument["_id"] = Name;
            packument["time"] = time;
            packument["readme"] = Readme;
        }

        return packument;
    }

    private static string Day(int day) => FirstDay.AddDays(day).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
}

/// <summary>One version; its bytes are made from its manifest when they are first needed.</summary>
public sealed class FakeVersion(string name, string version)
{
    private byte[]? _bytes;

    public string Version { get; } = version;

    public Dictionary<string, string> Dependencies { get; } = [];

    public string? Deprecated { get; set; }

    public string? Bin { get; set; }

    /// <summary>What a file of its own says, where a test wants to know whose bytes were installed.</summary>
    public string Mark { get; set; } = "";

    /// <summary>Incompressible bytes put into the tarball to give it a size.</summary>
    public int Padding { get; set; }

    public byte[] Bytes => _bytes ??= Make();

    public JsonObject Manifest()
    {
        var manifest = PackageJson();
        if (Deprecated is not null)
        {
            manifest["deprecated"] = Deprecated;
        }

        return manifest;
    }

    private JsonObject PackageJson()
    {
        var manifest = new JsonObject
        {
            ["name"] = name,
            ["version"] = Version,
            ["description"] = $"{name}, made up for a test",
            ["license"] = "MIT",
            ["main"] = "index.js",
        };
        if (Dependencies.Count > 0)
        {
            manifest["dependencies"] = new JsonObject(Dependencies.Select(d => KeyValuePair.Create(d.Key, (JsonNode?)d.Value)));
        }

        if (Bin is not null)
        {
            manifest["bin"] = new JsonObject { [Bin] = "cli.js" };
        }

        return manifest;
    }

    private byte[] Make() => Tarball.Of(
        Tarball.File("package/package.json", System.Text.Encoding.UTF8.GetBytes(PackageJson().ToJsonString())),
        Tarball.File("package/index.js", System.Text.Encoding.UTF8.GetBytes($"module.exports = '{name}@{Version}';\n")),
        Tarball.File("package/cli.js", System.Text.Encoding.UTF8.GetBytes($"#!/usr/bin/env node\nconsole.log('{name}@{Version}');\n")),
        Tarball.File("package/mark", System.Text.Encoding.UTF8.GetBytes(Mark)),
        Tarball.File("package/README.md", System.Text.Encoding.UTF8.GetBytes($"# {name}\n")),
        Tarball.File("package/padding.bin", Tarball.Noise(Padding, Version.Length)));
}
