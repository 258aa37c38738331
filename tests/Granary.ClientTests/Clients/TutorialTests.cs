using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Clients;

/// <summary>The commands of any CodeArtifact tutorial, unchanged, with a real public tree; and then without its source.</summary>
public sealed class TutorialTests
{
    private const string Own = "@acme/greeting";

    [Theory]
    [InlineData("SQLite")]
    [InlineData("PostgreSQL")]
    public async Task Login_install_publish_and_install_again_without_the_source(string engine)
    {
        await using var postgres = engine == "PostgreSQL" ? await PostgreSql.StartAsync() : null;
        await using var source = new FakeNpmSource();
        using var machine = await ForwardedSource.FromMachineAsync();
        source.Otherwise = machine.ServeAsync;
        await using var server = await GranaryServer.StartAsync(source, postgres is null ? [] : ["--database", postgres.ConnectionString]);
        using var home = new ClientHome();

        await LogInAsync(server, home);
        var first = home.Project("first");
        (await home.NpmAsync(first, "install", "express")).MustSucceed();
        Assert.True(File.Exists(Path.Combine(first, "node_modules", "express", "package.json")));
        (await home.NpmAsync(PackageFolder.ToPublish(home, Own), "publish")).MustSucceed();
        await BothMustInstallAsync(home, "both");

        await server.StopAsync();
        source.SwitchOff();
        home.EmptyCaches();
        await server.StartAgainAsync();

        await BothMustInstallAsync(home, "offline");
        var again = home.Project("locked");
        File.Copy(Path.Combine(first, "package.json"), Path.Combine(again, "package.json"));
        File.Copy(Path.Combine(first, "package-lock.json"), Path.Combine(again, "package-lock.json"));
        home.EmptyCaches();
        (await home.NpmAsync(again, "ci")).MustSucceed();
        (await home.RunAsync([Tool.Find("node")!], again, "-e", "require('express')()")).MustSucceed();
    }

    [Fact]
    public async Task Takes_the_source_from_the_npm_configuration_of_the_machine_when_none_is_given()
    {
        await using var source = new FakeNpmSource();
        source.Add("from-machine");
        await using var server = await GranaryServer.StartAsync(
            new Dictionary<string, string> { ["npm_config_registry"] = source.Address.ToString() });
        using var home = new ClientHome();

        await LogInAsync(server, home);
        var project = home.Project("project");
        (await home.NpmAsync(project, "install", "from-machine")).MustSucceed();

        PackageFolder.MustHold(project, "from-machine", "1.0.0");
    }

    private static async Task LogInAsync(GranaryServer server, ClientHome home)
    {
        var login = await new AwsCli(server, home).TryAsync(
            "login", "--tool", "npm",
            "--domain", GranaryServer.Domain, "--domain-owner", GranaryServer.Account, "--repository", GranaryServer.Repository);
        login.MustSucceed();
        Assert.Contains($"registry={server.Npm()}", File.ReadAllText(Path.Combine(home.Path, ".npmrc")), StringComparison.Ordinal);
    }

    private static async Task BothMustInstallAsync(ClientHome home, string folder)
    {
        var project = home.Project(folder);
        (await home.NpmAsync(project, "install", "express", Own)).MustSucceed();
        PackageFolder.MustHold(project, Own, "1.0.0");
        Assert.True(File.Exists(Path.Combine(project, "node_modules", "express", "package.json")));
    }
}
