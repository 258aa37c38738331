using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Formats;

/// <summary>npm.</summary>
public sealed class NpmEcosystem : Ecosystem
{
    private readonly FakeNpmSource source = new();

    public override string Format => "npm";

    public override (string Name, Uri Address)? Source => ("public:npmjs", source.Address);

    public override string NeverTwice => "npm answers 409 to a version that is there, whatever its bytes, and the CLI refuses before that.";

    public override Task<CommandResult> PublishAsync(ClientHome home, Shelf shelf, Item item)
    {
        home.LogIn(shelf.Endpoint(Format), shelf.Token);
        var folder = home.Project(SharedServer.Fresh("publish"));
        File.WriteAllText(Path.Combine(folder, "package.json"), Manifest(item).ToJsonString());
        File.WriteAllText(Path.Combine(folder, "mark"), item.Mark);
        return home.NpmAsync(folder, "publish");
    }

    public override async Task<Installation> InstallAsync(ClientHome home, Shelf shelf, string name, string? version = null)
    {
        home.LogIn(shelf.Endpoint(Format), shelf.Token);
        home.EmptyCaches();
        var folder = home.Project(SharedServer.Fresh("install"));
        var result = await home.NpmAsync(folder, "install", version is null ? name : $"{name}@{version}");
        var mark = Path.Combine(folder, "node_modules", name, "mark");
        return new Installation(result, File.Exists(mark) ? File.ReadAllText(mark) : null);
    }

    public override string ListingPath(string name) => name;

    public override string AssetPath(string name, string version) => $"{name}/-/{name}-{version}.tgz";

    public override IEnumerable<(string What, HttpRequestMessage Upload)> Hostile(Shelf shelf, Item item)
    {
        var manifest = new JsonObject { ["name"] = item.Name, ["version"] = item.Version };
        var packageJson = ("package/package.json", manifest.ToJsonString());
        var good = Tarball.Of(packageJson);
        (string, byte[])[] tarballs =
        [
            ("no archive", "no archive"u8.ToArray()),
            ("truncated", good[..^9]),
            ("something after the end", [.. good, 1, 2, 3]),
            ("two members of one name", Tarball.Of(packageJson, packageJson)),
            ("another name inside", Tarball.Of(("package/package.json", """{"name":"victim","version":"1.0.0"}"""))),
            ("a member above the folder", Tarball.Of(packageJson, ("package/../../mark", item.Mark))),
        ];
        foreach (var (what, bytes) in tarballs)
        {
            var upload = shelf.Request(HttpMethod.Put, Format, item.Name);
            upload.Content = PublishDocument.ContentOf(new PublishDocument(item.Name, item.Version, bytes, manifest).Root.ToJsonString());
            yield return (what, upload);
        }
    }

    public override void Offer(Item item) => source.Add(new FakePackage(item.Name).With(item.Version, version => version.Mark = item.Mark));

    public override int Asked(string name) => source.CountOf(name);

    public override void SwitchSourceOff() => source.SwitchOff();

    public override void SwitchSourceOn() => source.SwitchOn();

    public override async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        await base.DisposeAsync();
    }

    private static JsonObject Manifest(Item item) => new() { ["name"] = item.Name, ["version"] = item.Version, ["license"] = "MIT" };
}

public sealed class NpmFormatTests(FormatServer<NpmEcosystem> place) : FormatContract<NpmEcosystem>(place);
