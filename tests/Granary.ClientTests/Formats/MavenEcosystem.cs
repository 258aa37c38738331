using System.Text;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Formats;

/// <summary>Maven, with strict checksums.</summary>
public sealed class MavenEcosystem : Ecosystem
{
    private const string Group = "org.granary.shop";

    private readonly FakeMavenSource source = new();

    // Where Maven has its plugins from, which are not what is tested here.
    private readonly FakeMavenSource plugins = new();
    private readonly ClientHome seedHome = new();
    private readonly Lazy<Task<string>> seed;

    public MavenEcosystem()
    {
        seed = new(SowAsync);
    }

    public override string Format => "maven";

    public override string Namespace => Group;

    public override (string Name, Uri Address)? Source => ("public:maven-central", source.Address);

    public override async Task<CommandResult> PublishAsync(ClientHome home, Shelf shelf, Item item)
    {
        var maven = await ClientAsync(home, shelf);
        var folder = maven.Project(SharedServer.Fresh("publish"), MavenClient.Pom(Group, item.Name, item.Version));
        File.WriteAllBytes(Path.Combine(folder, "item.jar"), MavenClient.Jar(item.Mark));
        return await maven.RunAsync(folder, DeployFile(shelf.Endpoint(Format), "item.jar"));
    }

    public override async Task<Installation> InstallAsync(ClientHome home, Shelf shelf, string name, string? version = null)
    {
        var maven = await ClientAsync(home, shelf);
        var folder = maven.Project(SharedServer.Fresh("install"), MavenClient.Pom(
            "org.example", "app", "1", $"{MavenClient.Repositories(shelf.Endpoint(Format))}<dependencies>{MavenClient.Dependency(Group, name, version ?? "[0,)")}</dependencies>"));
        var result = await maven.CopyDependenciesAsync(folder);
        var lib = Path.Combine(folder, "lib");
        var jar = Directory.Exists(lib) ? Directory.EnumerateFiles(lib, $"{name}-*.jar").SingleOrDefault() : null;
        return new Installation(result, jar is null ? null : MavenClient.MarkOf(jar));
    }

    public override string ListingPath(string name) => $"{Folder(name)}/maven-metadata.xml";

    public override string AssetPath(string name, string version) => $"{Folder(name)}/{version}/{name}-{version}.jar";

    public override IEnumerable<(string What, HttpRequestMessage Upload)> Hostile(Shelf shelf, Item item)
    {
        var (pom, good) = ($"{Folder(item.Name)}/{item.Version}/{item.Name}-{item.Version}.pom", MavenClient.Pom(Group, item.Name, item.Version));
        (string What, string Path, byte[] Bytes)[] uploads =
        [
            ("a document type", pom, Utf8("<!DOCTYPE p SYSTEM 'file:///etc/hostname'>" + good)),
            ("an entity", pom, Utf8("<!DOCTYPE p [<!ENTITY x 'y'>]>" + good)),
            ("another artifact inside", pom, Utf8(MavenClient.Pom(Group, "victim", item.Version))),
            ("another version inside", pom, Utf8(MavenClient.Pom(Group, item.Name, "6.6.6"))),
            ("UTF-16", pom, [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(good)]),
            ("200,000 levels", pom, Utf8("<project>" + string.Concat(Enumerable.Repeat("<a>", 200_000)) + string.Concat(Enumerable.Repeat("</a>", 200_000)) + "</project>")),
            ("no XML", pom, Utf8("no XML")),
            ("another artifact's file", $"{Folder(item.Name)}/{item.Version}/victim-1.0.jar", [1]),
            ("a snapshot without a build", $"{Folder(item.Name)}/1.0-SNAPSHOT/{item.Name}-1.0-SNAPSHOT.jar", [1]),
            ("a separator in disguise", $"{Folder(item.Name)}/{item.Version}/..%5c{item.Name}-{item.Version}.jar", [1]),
            ("a listing with a document type", ListingPath(item.Name), Utf8($"<!DOCTYPE m [<!ENTITY x '{item.Version}'>]><metadata><versioning><versions><version>&x;</version></versions></versioning></metadata>")),
            ("a listing of nothing that is there", ListingPath(item.Name), Utf8($"<metadata><versioning><versions><version>{item.Version}</version></versions></versioning></metadata>")),
        ];
        foreach (var (what, path, bytes) in uploads)
        {
            var upload = shelf.Request(HttpMethod.Put, Format, path);
            upload.Content = new ByteArrayContent(bytes);
            yield return (what, upload);
        }
    }

    public override void Offer(Item item)
    {
        var start = $"{Folder(item.Name)}/{item.Version}/{item.Name}-{item.Version}";
        source.Add($"{start}.pom", Utf8(MavenClient.Pom(Group, item.Name, item.Version)));
        source.Add($"{start}.jar", MavenClient.Jar(item.Mark));
    }

    public override int Asked(string name) => source.Asked.Count(path => path.StartsWith($"{Folder(name)}/", StringComparison.Ordinal));

    public override void SwitchSourceOff() => source.SwitchOff();

    public override void SwitchSourceOn() => source.SwitchOn();

    public override async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        await plugins.DisposeAsync();
        seedHome.Dispose();
        await base.DisposeAsync();
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Folder(string name) => $"{Group.Replace('.', '/')}/{name}";

    private static string[] DeployFile(Uri repository, string file) =>
        [MavenClient.Plugin("deploy", "deploy-file"), $"-Durl={repository}", $"-DrepositoryId={MavenClient.Server}", $"-Dfile={file}", "-DpomFile=pom.xml"];

    /// <summary>Maven with nothing in its local repository but its own plugins.</summary>
    private async Task<MavenClient> ClientAsync(ClientHome home, Shelf shelf)
    {
        var from = await seed.Value;
        home.EmptyCaches();
        var maven = new MavenClient(home, plugins.Address, shelf.Token);
        (await Command.RunAsync("cp", ["-a", from, maven.LocalRepository], home.Path, home.Environment)).MustSucceed();
        return maven;
    }

    private async Task<string> SowAsync()
    {
        var maven = new MavenClient(seedHome, plugins.Address, "no-token");
        var project = maven.Project("seed", MavenClient.Pom("org.example", "seed", "1"));
        File.WriteAllBytes(Path.Combine(project, "seed.jar"), MavenClient.Jar("seed"));
        (await maven.RunAsync(project, DeployFile(new Uri($"file://{seedHome.Project("nowhere")}"), "seed.jar"))).MustSucceed();
        (await maven.CopyDependenciesAsync(project)).MustSucceed();
        return maven.LocalRepository;
    }
}

public sealed class MavenFormatTests(FormatServer<MavenEcosystem> place) : FormatContract<MavenEcosystem>(place);
