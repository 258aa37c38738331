using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Core;
using Granary.Formats.Npm;
using static Granary.Tests.Formats.Npm.NpmSamples;

namespace Granary.Tests.Formats.Npm;

public sealed class NpmManifestCheckTests
{
    private static readonly byte[] Plain = Tgz(Package(), File("package/README.md", "# Craft"), File("package/a.js"));

    // Recorded from the clients themselves: npm 11, pnpm 12, bun 1.4, yarn 1.22, yarn 4.
    public static TheoryData<string> Recorded => new(
        Directory.GetFiles(Path.Join(AppContext.BaseDirectory, "Formats/Npm/Samples"), "*.json").Select(f => Path.GetFileName(f)));

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task Takes_what_a_real_client_sent(string sample)
    {
        var body = await System.IO.File.ReadAllBytesAsync(Path.Join(AppContext.BaseDirectory, "Formats/Npm/Samples", sample), TestContext.Current.CancellationToken);
        var root = JsonNode.Parse(body)!.AsObject();
        var publication = await PublishAsync(body, root["name"]!.GetValue<string>());
        Assert.True(NpmVersion.IsValid(publication.Version));
        Assert.Equal(["latest"], publication.DistTags.Keys);
        var manifest = JsonNode.Parse(publication.Manifest.Span)!.AsObject();
        Assert.Equal(root["versions"]![0]!["dist"]!["integrity"]!.GetValue<string>(), manifest["dist"]!["integrity"]!.GetValue<string>());
        Assert.Equal(root["versions"]![0]!["dependencies"]?.ToJsonString(), manifest["dependencies"]?.ToJsonString());
        Assert.Null(manifest["dist"]!["tarball"]);
        Assert.Null(manifest["readme"]);
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task Refuses_the_same_document_when_it_hides_a_dependency_or_a_script(string sample)
    {
        var body = await System.IO.File.ReadAllBytesAsync(Path.Join(AppContext.BaseDirectory, "Formats/Npm/Samples", sample), TestContext.Current.CancellationToken);
        foreach (var (member, hidden) in (IEnumerable<(string, JsonNode)>)
        [
            ("dependencies", new JsonObject { ["evil"] = "1" }),
            ("optionalDependencies", new JsonObject { ["evil"] = "1" }),
            ("peerDependencies", new JsonObject { ["evil"] = "1" }),
            ("peerDependenciesMeta", new JsonObject { ["evil"] = new JsonObject { ["optional"] = true } }),
            ("bundledDependencies", new JsonArray("evil")),
            ("bin", new JsonObject { ["evil"] = "evil.js" }),
            ("scripts", new JsonObject { ["preinstall"] = "evil" }),
        ])
        {
            var document = JsonNode.Parse(body)!.AsObject();
            var manifest = document["versions"]![0]!.AsObject();
            manifest.Remove("bundleDependencies");
            manifest[member] = hidden;
            var refusal = await Assert.ThrowsAsync<Refusal>(() => PublishAsync(document, document["name"]!.GetValue<string>()));
            Assert.Contains("differ in their", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Writes_the_manifest_to_store()
    {
        const string Json = """{"name":"craft","version":"1.0.0","description":"Quoted \"é\"","scripts":{"install":"x"},"constructor":{"__proto__":1,"a":[1,{"__proto__":2}]}}""";
        var tgz = Tgz(Package(Json), File("package/README.md", "# Craft"), File("package/npm-shrinkwrap.json", "{}"));
        var sent = Json.Replace(
            "\"scripts\"",
            "\"_nodeVersion\":\"20.0.0\",\"_resolved\":\"file:x\",\"readme\":\"no\",\"deprecated\":\"old\",\"hasInstallScript\":false,\"__proto__\":{\"x\":1},\"scripts\"",
            StringComparison.Ordinal);
        var document = Document(tgz, manifest: sent);
        document["access"] = "public";
        document["dist-tags"] = new JsonObject { ["next"] = "1.0.0" };
        var publication = await PublishAsync(document);
        var manifest = JsonNode.Parse(publication.Manifest.Span)!.AsObject();
        Assert.Equal(
            """{"name":"craft","version":"1.0.0","description":"Quoted \"é\"","_nodeVersion":"20.0.0","scripts":{"install":"x"},"constructor":{"a":[1,{}]},"_id":"craft@1.0.0","hasInstallScript":true,"_hasShrinkwrap":true}""",
            new JsonObject(manifest.Where(m => m.Key != "dist").Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone())))
                .ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        Assert.Equal(["integrity", "shasum", "fileCount", "unpackedSize"], manifest["dist"]!.AsObject().Select(d => d.Key));
        Assert.Equal(3, manifest["dist"]!["fileCount"]!.GetValue<int>());
        Assert.Equal(
            ("craft", "1.0.0", "Quoted \"é\"", "# Craft", "README.md", "old", "public"),
            (publication.Name.Full, publication.Version, publication.Summary, publication.Readme, publication.ReadmeFile, publication.Deprecated, publication.Access));
        Assert.Equal("1.0.0", Assert.Single(publication.DistTags, t => t.Key == "next").Value);
    }

    [Theory]
    [InlineData("@acme/tool", "@acme/tool-1.0.0.tgz", true)]
    [InlineData("@acme/tool", "tool-1.0.0.tgz", true)]
    [InlineData("@acme/tool", "acme-tool-1.0.0.tgz", true)]
    [InlineData("@acme/tool", "tool-1.0.0+b.1.tgz", true)]
    [InlineData("@acme/tool", "tool-1.0.1.tgz", false)]
    [InlineData("@acme/tool", "@evil/tool-1.0.0.tgz", false)]
    [InlineData("@acme/tool", "../../victim/-/tool-1.0.0.tgz", false)]
    [InlineData("@acme/tool", "tool-../1.0.0.tgz", false)]
    [InlineData("@acme/tool", "tool-.tgz", false)]
    [InlineData("@acme/tool", "tool.tgz", false)]
    [InlineData("tool", "-tool-1.0.0.tgz", true)]
    [InlineData("tool", "tool-1.0.0.tgz", true)]
    [InlineData("tool", "../../victim/-/victim-9.9.9.tgz", false)]
    public async Task Takes_only_the_file_names_that_clients_use(string name, string file, bool taken)
    {
        var tgz = Tgz(Package($$"""{"name":"{{name}}","version":"1.0.0"}"""));
        var document = Document(tgz, name, file: file);
        var refusal = await Record.ExceptionAsync(() => PublishAsync(document, name));
        Assert.Equal(taken ? null : $"name it {name}-1.0.0.tgz.", (refusal as Refusal)?.Message[^($"name it {name}-1.0.0.tgz.".Length)..]);
    }

    [Theory]
    [InlineData("name", "victim", "document's name")]
    [InlineData("_id", "victim", "_id")]
    [InlineData("versions.1.0.0.name", "victim", "manifest's name")]
    [InlineData("versions.1.0.0.version", "1.0.1", "manifest's version")]
    [InlineData("versions.1.0.0.version", "x", "manifest's version")]
    [InlineData("versions.1.0.0.dist.shasum", "0000", "dist.shasum")]
    [InlineData("versions.1.0.0.dist.integrity", "sha512-AAAA", "dist.integrity")]
    [InlineData("versions.1.0.0.dist.integrity", "junk", "dist.integrity")]
    [InlineData("versions.1.0.0.dist.integrity", "md5-AAAA", "dist.integrity")]
    [InlineData("dist-tags.latest", "2.0.0", "dist-tag")]
    [InlineData("dist-tags.1", "1.0.0", "cannot be a dist-tag")]
    [InlineData("dist-tags.^1", "1.0.0", "cannot be a dist-tag")]
    public async Task Refuses_a_document_that_disagrees(string path, string value, string reason)
    {
        var document = Document(Plain);
        JsonObject at = document;
        var keys = path.Replace("1.0.0", "VERSION", StringComparison.Ordinal).Split('.').Select(k => k == "VERSION" ? "1.0.0" : k).ToArray();
        foreach (var key in keys[..^1])
        {
            at = at[key]!.AsObject();
        }

        at[keys[^1]] = value;
        await RefusedPublishAsync(document, reason);
    }

    [Fact]
    public async Task Refuses_another_package_another_version_and_a_second_one()
    {
        await RefusedPublishAsync(Document(Plain, "victim"), "document's name");
        await RefusedPublishAsync(Document(Tgz(Package("""{"name":"victim","version":"1.0.0"}"""))), "tarball's package.json");
        await RefusedPublishAsync(Document(Tgz(Package("""{"name":"craft","version":"1.0.1"}"""))), "version in the tarball's package.json");
        await RefusedPublishAsync(Document(Tgz(Package("{}"))), "missing");
        var two = Document(Plain);
        two["versions"]!["0.9.9"] = new JsonObject { ["name"] = "craft", ["version"] = "0.9.9" };
        await RefusedPublishAsync(two, "one version");
        var none = Document(Plain);
        none["versions"] = new JsonObject();
        await RefusedPublishAsync(none, "one version");
        none["versions"] = new JsonObject { ["1.0.0"] = "x" };
        await RefusedPublishAsync(none, "one version");
        var bare = Document(Plain);
        bare.Remove("_attachments");
        var (document, _) = await ReadAsync(Text(bare.ToJsonString()));
        Assert.Throws<Refusal>(() => NpmManifestCheck.Agree(NpmName.Parse("craft")!, document, null!, Digests([])));
    }

    [Theory]
    [InlineData("""{"dependencies":{"evil":"1"},"scripts":{"postinstall":"id"}}""", "{}", "dependencies")]
    [InlineData("{}", """{"dependencies":{"evil":"1"}}""", "dependencies")]
    [InlineData("""{"dependencies":{"a":"1"}}""", """{"dependencies":{"a":"2"}}""", "dependencies")]
    [InlineData("""{"dependencies":{"a":"x/y"}}""", """{"dependencies":{"a":"github:x/z"}}""", "dependencies")]
    [InlineData("""{"dependencies":{"a":"1"}}""", """{"optionalDependencies":{"a":"1"}}""", "dependencies")]
    [InlineData("""{"scripts":{"postinstall":"id"}}""", "{}", "install scripts")]
    [InlineData("{}", """{"scripts":{"install":"node-gyp rebuild"}}""", "install scripts")]
    [InlineData("""{"bin":"a.js"}""", """{"bin":{"craft":"b.js"}}""", "bin")]
    [InlineData("""{"directories":{"bin":"bin"}}""", """{"directories":{"bin":"bin"},"bin":{"ls":"lib/ls"}}""", "bin")]
    [InlineData("""{"bundleDependencies":["a"]}""", "{}", "bundleDependencies")]
    public async Task Refuses_a_manifest_that_hides_what_gets_installed(string packed, string sent, string what) =>
        await RefusedPublishAsync(Differing(packed, sent), $"differ in their {what}");

    [Theory]
    [InlineData("""{"dependencies":{"a":"x/y#v1"}}""", """{"dependencies":{"a":"github:x/y#v1"}}""")]
    [InlineData("""{"dependencies":{"a":"git@github.com:x/y.git"}}""", """{"dependencies":{"a":"git+ssh://git@github.com/x/y.git"}}""")]
    [InlineData("""{"dependencies":{"a":"https://bitbucket.org/x/y"}}""", """{"dependencies":{"a":"git+https://bitbucket.org/x/y.git"}}""")]
    [InlineData("""{"optionalDependencies":{"a":"1"}}""", """{"dependencies":{"a":"1"},"optionalDependencies":{"a":"1"}}""")]
    [InlineData("""{"dependencies":["a@1","b >=2","c"]}""", """{"dependencies":{"a":"1","b":">=2","c":""}}""")]
    [InlineData("""{"dependencies":{},"peerDependencies":{},"scripts":{"test":"x"}}""", "{}")]
    [InlineData("""{"bundledDependencies":true,"dependencies":{"a":"1"}}""", """{"bundleDependencies":["a"],"dependencies":{"a":"1"}}""")]
    [InlineData("""{"bundleDependencies":false}""", """{"bundleDependencies":[]}""")]
    [InlineData("""{"bin":"./a.js"}""", """{"bin":{"craft":"a.js"}}""")]
    [InlineData("""{"bin":["./a.js"]}""", """{"bin":{"a.js":"a.js"}}""")]
    [InlineData("""{"bin":{"./x/y":"../../b.js","n":5}}""", """{"bin":{"y":"b.js"}}""")]
    [InlineData("""{"directories":{"bin":"./bin"}}""", """{"directories":{"bin":"./bin"},"bin":{"t":"bin/t"}}""")]
    [InlineData("""{"scripts":{"install":"./node_modules/.bin/foo x","postinstall":5}}""", """{"scripts":{"install":"foo x"}}""")]
    [InlineData("{}", """{"scripts":{"install":"node-gyp rebuild"},"gypfile":true}""")]
    public async Task Sees_through_what_clients_rewrite(string packed, string sent) => Assert.Equal("1.0.0", (await PublishAsync(Differing(packed, sent))).Version);

    [Fact]
    public async Task Cleans_the_version_of_its_build_metadata()
    {
        var tgz = Tgz(Package("""{"name":"craft","version":"v1.0.0+b.1"}"""));
        var publication = await PublishAsync(Document(tgz, version: "1.0.0+b.1"));
        Assert.Equal("1.0.0", publication.Version);
        Assert.Contains("\"_id\":\"craft@1.0.0\"", System.Text.Encoding.UTF8.GetString(publication.Manifest.Span), StringComparison.Ordinal);
    }

    private static JsonObject Differing(string packed, string sent)
    {
        string Whole(string part)
        {
            var node = JsonNode.Parse(part)!.AsObject();
            node["name"] = "craft";
            node["version"] = "1.0.0";
            return node.ToJsonString();
        }

        return Document(Tgz(Package(Whole(packed))), manifest: Whole(sent));
    }

    private static async Task RefusedPublishAsync(JsonObject document, string reason)
    {
        var refusal = await Assert.ThrowsAsync<Refusal>(() => PublishAsync(document));
        Assert.Equal(RefusalKind.Validation, refusal.Kind);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }
}
