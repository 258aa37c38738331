using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Core.Packages;
using Granary.Formats.Npm;

namespace Granary.Seed;

/// <summary>A package and its manifests, of one to two kilobytes: between two versions some ranges and the commit differ.</summary>
internal sealed class Project
{
    private readonly Random random;
    private readonly NpmName name;
    private readonly Tarball tarball;
    private readonly JsonObject manifest;
    private readonly JsonObject dependencies;
    private readonly JsonObject devDependencies;

    public Project(int number, Tarball tarball)
    {
        random = new Random(~number);
        this.tarball = tarball;
        Coordinate = Shape.NameOf(number);
        name = NpmName.Of(Coordinate.Namespace, Coordinate.Name) ?? throw new InvalidOperationException($"{Coordinate} is no name of npm's.");
        dependencies = Ranges(random.Next(4, 12));
        devDependencies = Ranges(random.Next(8, 20));
        manifest = Describe();
    }

    public PackageCoordinate Coordinate { get; }

    /// <summary>The next version, with its manifest as the server would have written it.</summary>
    public NewVersion Next(string version)
    {
        foreach (var ranges in (JsonObject[])[dependencies, devDependencies])
        {
            ranges[ranges.GetAt(random.Next(ranges.Count)).Key] = Range();
        }

        manifest["gitHead"] = Convert.ToHexStringLower(Bytes(20));
        using var document = JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(manifest, JsonSerializerOptions.Default));
        var (stored, content) = tarball;
        var written = NpmManifestWriter.Write(name, version, document.RootElement, content, stored.Hex);
        return new NewVersion(version, written.ToArray(), (string?)manifest["description"], null, [new NewAsset(NpmFormat.AssetName, stored.Digests)]);
    }

    private JsonObject Describe()
    {
        var address = $"https://example.com/{name.Full}";
        var person = new JsonObject { ["name"] = Words(2), ["email"] = $"{Words(1)}@example.com" };
        return new JsonObject
        {
            ["description"] = "A package that only exists to be counted: " + Words(8),
            ["keywords"] = new JsonArray([.. Words(6).Split(' ').Select(word => (JsonNode)word)]),
            ["homepage"] = $"{address}#readme",
            ["bugs"] = new JsonObject { ["url"] = $"{address}/issues" },
            ["repository"] = new JsonObject { ["type"] = "git", ["url"] = $"git+{address}.git" },
            ["license"] = "MIT",
            ["author"] = person,
            ["maintainers"] = new JsonArray([person.DeepClone()]),
            ["main"] = "dist/index.cjs",
            ["types"] = "dist/index.d.ts",
            ["exports"] = new JsonObject { ["."] = new JsonObject { ["import"] = "./dist/index.mjs", ["require"] = "./dist/index.cjs" } },
            ["files"] = new JsonArray("dist", "README.md"),
            ["engines"] = new JsonObject { ["node"] = ">= 18" },
            ["scripts"] = new JsonObject([.. ((string[])["build", "lint", "test"]).Select(s => KeyValuePair.Create(s, (JsonNode?)$"node scripts/{s}.mjs"))]),
            ["dependencies"] = dependencies,
            ["devDependencies"] = devDependencies,
            ["_nodeVersion"] = "20.20.2",
            ["_npmVersion"] = "11.19.0",
        };
    }

    private JsonObject Ranges(int count)
    {
        var ranges = new JsonObject();
        while (ranges.Count < count)
        {
            ranges[Words(2).Replace(' ', '-')] = Range();
        }

        return ranges;
    }

    private string Range() => $"^{random.Next(9)}.{random.Next(30)}.{random.Next(20)}";

    private string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => Shape.Word(random, 3)));

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
