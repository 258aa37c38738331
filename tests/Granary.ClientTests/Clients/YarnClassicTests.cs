using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Clients;

public sealed class YarnClassicTests(SharedServer shared)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publishes_a_private_package_and_installs_it_with_a_public_tree(bool https)
    {
        var tree = new MadeUpTree(shared.Source, SharedServer.Fresh("yarn"));
        var own = $"@{tree.Prefix}-own/lib";
        using var home = Home(https);

        var publish = await home.RunAsync(
            Tool.YarnClassic, PackageFolder.ToPublish(home, own), "publish", "--non-interactive", "--new-version", "1.0.0");
        publish.MustSucceed();
        var project = PackageFolder.ToInstall(home, "project", tree.App, own);
        (await home.RunAsync(Tool.YarnClassic, project, "install", "--non-interactive")).MustSucceed();

        tree.MustBeInstalledIn(project);
        PackageFolder.MustHold(project, own, "1.0.0");
    }

    [Fact]
    public async Task Installs_again_from_its_lockfile_with_an_empty_cache()
    {
        var tree = new MadeUpTree(shared.Source, SharedServer.Fresh("yarnci"));
        using var home = Home(https: false);
        var project = PackageFolder.ToInstall(home, "project", tree.App);
        (await home.RunAsync(Tool.YarnClassic, project, "install", "--non-interactive")).MustSucceed();
        Directory.Delete(Path.Combine(project, "node_modules"), recursive: true);
        home.EmptyCaches();

        (await home.RunAsync(Tool.YarnClassic, project, "install", "--non-interactive", "--frozen-lockfile")).MustSucceed();

        tree.MustBeInstalledIn(project);
    }

    [Fact]
    public async Task Is_refused_a_second_publish_of_a_version()
    {
        var own = $"@{SharedServer.Fresh("yarntwice")}/lib";
        using var home = Home(https: false);
        var folder = PackageFolder.ToPublish(home, own);
        string[] publish = ["publish", "--non-interactive", "--new-version", "1.0.0"];
        (await home.RunAsync(Tool.YarnClassic, folder, publish)).MustSucceed();

        (await home.RunAsync(Tool.YarnClassic, folder, publish)).MustFail("409", "conflict", "already");
    }

    /// <summary>Without always-auth yarn classic sends no token for names without a scope, and it looks for authorities in its own settings only.</summary>
    private ClientHome Home(bool https)
    {
        var home = shared.LoggedIn(shared.Server.Npm(https: https));
        File.AppendAllText(Path.Combine(home.Path, ".npmrc"), "always-auth=true\n");
        home.Write(".yarnrc", $"cafile \"{shared.Server.AuthorityFile}\"\n");
        return home;
    }
}
