using System.Security.Cryptography;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>What an operator and a client see of the collection and of the scrub.</summary>
public sealed class CollectionTests
{
    private const string Lib = "@acme/lib";

    [Theory]
    [InlineData("SQLite")]
    [InlineData("PostgreSQL")]
    public async Task A_deleted_version_leaves_the_disk_and_can_be_published_with_the_same_bytes_again(string engine)
    {
        await using var postgres = engine == "PostgreSQL" ? await PostgreSql.StartAsync() : null;
        await using var server = await StartAsync(postgres, new() { ["Collection__Interval"] = "0" });
        using var home = await LoggedInAsync(server);
        var folder = PackageFolder.ToPublish(home, Lib);
        await File.WriteAllBytesAsync(Path.Combine(folder, "index.js"), [.. "module.exports = '@acme/lib@1.0.0';\n//"u8, .. RandomNumberGenerator.GetBytes(500_000)], TestContext.Current.CancellationToken);
        (await home.NpmAsync(folder, "publish")).MustSucceed();
        var published = Stored(server);
        await DeleteAsync(server, home);
        Assert.Equal(published, Stored(server));

        Assert.Contains("1 (5", (await RunAsync(server, home, postgres, "0", "collect", "--dry-run")).MustSucceed().Output, StringComparison.Ordinal);
        Assert.Equal(published, Stored(server));
        if (postgres is null)
        {
            (await RunAsync(server, home, postgres, "0", "collect")).MustFail("by itself");
            await server.StopAsync();
        }

        Assert.Contains("removed 0 ", (await RunAsync(server, home, postgres, "2h", "collect")).MustSucceed().Output, StringComparison.Ordinal);
        Assert.Contains("removed 1 (5", (await RunAsync(server, home, postgres, "0", "collect")).MustSucceed().Output, StringComparison.Ordinal);
        Assert.InRange(published - Stored(server), 500_000, published);
        if (postgres is null)
        {
            await server.StartAgainAsync();
        }

        (await home.NpmAsync(folder, "publish")).MustSucceed();
        Assert.Equal(published, Stored(server));
        var project = PackageFolder.ToInstall(home, "project", Lib);
        home.EmptyCaches();
        (await home.NpmAsync(project, "install")).MustSucceed();
        Assert.Equal(
            await File.ReadAllBytesAsync(Path.Combine(folder, "index.js"), TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(Path.Combine(project, "node_modules", Lib, "index.js"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_server_collects_by_itself_and_says_what_it_freed()
    {
        await using var server = await StartAsync(null, new() { ["Collection__Interval"] = "1s", ["Collection__Grace"] = "0" });
        using var home = await LoggedInAsync(server);
        (await home.NpmAsync(PackageFolder.ToPublish(home, Lib), "publish")).MustSucceed();
        await DeleteAsync(server, home);

        await Patience.UntilAsync(() => Stored(server) == 0, TimeSpan.FromSeconds(60));
        await Patience.UntilAsync(() => server.ReadLog().Contains("Collection: removed 1 (", StringComparison.Ordinal), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task What_rotted_is_named_by_the_scrub_refused_to_clients_and_healed_by_the_same_bytes()
    {
        await using var server = await StartAsync(null, []);
        using var home = await LoggedInAsync(server);
        var folder = PackageFolder.ToPublish(home, Lib);
        (await home.NpmAsync(folder, "publish")).MustSucceed();
        await server.StopAsync();
        Assert.Contains("0 damaged", (await RunAsync(server, home, null, "2h", "scrub")).MustSucceed().Output, StringComparison.Ordinal);
        var file = Assert.Single(Directory.GetFiles(Assets(server), "*", SearchOption.AllDirectories));
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[bytes.Length / 2] ^= 4;
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);

        var scrub = await RunAsync(server, home, null, "2h", "scrub");

        Assert.Equal(1, scrub.ExitCode);
        Assert.Contains($"{GranaryServer.Domain}: package.tgz of npm package acme/lib 1.0.0 in {GranaryServer.Repository}: WrongBytes", scrub.Output, StringComparison.Ordinal);
        await server.StartAgainAsync();
        var project = PackageFolder.ToInstall(home, "project", Lib);
        // npm keeps the bytes that it has published itself.
        home.EmptyCaches();
        (await home.NpmAsync(project, "install")).MustFail("503");
        await DeleteAsync(server, home);
        (await home.NpmAsync(folder, "publish")).MustSucceed();
        home.EmptyCaches();
        (await home.NpmAsync(project, "install")).MustSucceed();
        PackageFolder.MustHold(project, Lib, "1.0.0");
    }

    private static Task<GranaryServer> StartAsync(PostgreSql? postgres, Dictionary<string, string> environment) =>
        GranaryServer.StartAsync(environment, postgres is null ? [] : ["--database", postgres.ConnectionString]);

    private static async Task<ClientHome> LoggedInAsync(GranaryServer server)
    {
        var home = new ClientHome();
        // The package's first publish would ask the public source for its name, which is nowhere.
        await new AwsCli(server, home).RunAsync(
            "update-repository", "--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository, "--upstreams", "[]");
        home.LogIn(server.Npm(), await new AwsCli(server, home).TokenAsync());
        return home;
    }

    private static async Task DeleteAsync(GranaryServer server, ClientHome home) => await new AwsCli(server, home).RunAsync(
        "delete-package-versions", "--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository,
        "--format", "npm", "--namespace", "acme", "--package", "lib", "--versions", "1.0.0");

    private static Task<CommandResult> RunAsync(GranaryServer server, ClientHome home, PostgreSql? postgres, string grace, string command, params string[] more) =>
        Command.RunAsync(
            GranaryServer.Program,
            [command, "--data", server.DataDirectory, .. postgres is null ? (string[])[] : ["--database", postgres.ConnectionString], .. more],
            home.Path,
            new Dictionary<string, string>(home.Environment) { ["Collection__Grace"] = grace });

    private static string Assets(GranaryServer server) => Path.Combine(server.DataDirectory, "storage", "assets");

    private static long Stored(GranaryServer server) =>
        new DirectoryInfo(Assets(server)).GetFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
}
