using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Clients;

public sealed class YarnBerryTests(SharedServer shared)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publishes_a_private_package_and_installs_it_with_a_public_tree(bool https)
    {
        var tree = new MadeUpTree(shared.Source, SharedServer.Fresh("berry"));
        var own = $"@{tree.Prefix}-own/lib";
        using var home = Home(https, minimalAge: "0");

        var folder = PackageFolder.ToPublish(home, own);
        File.WriteAllText(Path.Combine(folder, "yarn.lock"), "");
        (await home.RunAsync(Tool.YarnBerry, folder, "install")).MustSucceed();
        (await home.RunAsync(Tool.YarnBerry, folder, "npm", "publish")).MustSucceed();
        var project = Project(home, "project", tree.App, own);
        (await home.RunAsync(Tool.YarnBerry, project, "install")).MustSucceed();

        tree.MustBeInstalledIn(project);
        PackageFolder.MustHold(project, own, "1.0.0");
    }

    [Fact]
    public async Task Finds_the_publish_times_that_its_quarantine_of_young_versions_needs()
    {
        var tree = new MadeUpTree(shared.Source, SharedServer.Fresh("berryage"));
        var own = $"@{tree.Prefix}-own/lib";
        await shared.PublishAsync(new PublishDocument(own, "1.0.0"));
        using var home = Home(https: false, minimalAge: "1d");

        var old = await home.RunAsync(Tool.YarnBerry, Project(home, "old", tree.App), "install");
        var young = await home.RunAsync(Tool.YarnBerry, Project(home, "young", own), "install");

        old.MustSucceed();
        young.MustFail("age", "quarantine", "No candidates");
    }

    private ClientHome Home(bool https, string minimalAge)
    {
        var home = new ClientHome();
        var settings = $"""
            npmRegistryServer: "{shared.Server.Npm(https: https)}"
            npmAuthToken: "{shared.Token}"
            npmAlwaysAuth: true
            npmMinimalAgeGate: {minimalAge}
            nodeLinker: node-modules
            enableTelemetry: false
            enableGlobalCache: false
            enableImmutableInstalls: false
            """;
        settings += https ? $"\nhttpsCaFilePath: \"{shared.Server.AuthorityFile}\"\n" : "\nunsafeHttpWhitelist:\n  - 127.0.0.1\n";
        home.Write(".yarnrc.yml", settings);
        return home;
    }

    private static string Project(ClientHome home, string folder, params string[] packages)
    {
        var project = PackageFolder.ToInstall(home, folder, packages);

        // Without a lockfile of its own the folder would count as part of a project above it.
        File.WriteAllText(Path.Combine(project, "yarn.lock"), "");
        return project;
    }
}
