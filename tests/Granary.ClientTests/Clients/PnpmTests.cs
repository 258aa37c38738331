using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Clients;

public sealed class PnpmTests(SharedServer shared)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publishes_a_private_package_and_installs_it_with_a_public_tree(bool https)
    {
        var tree = new MadeUpTree(shared.Source, SharedServer.Fresh("pnpm"));
        var own = $"@{tree.Prefix}-own/lib";
        using var home = Home(https);

        (await home.RunAsync(Tool.Pnpm, PackageFolder.ToPublish(home, own), "publish", "--no-git-checks")).MustSucceed();
        var project = PackageFolder.ToInstall(home, "project", tree.App, own);
        (await home.RunAsync(Tool.Pnpm, project, "install", "--store-dir", home.Project("store"))).MustSucceed();

        tree.MustBeInstalledIn(project);
        PackageFolder.MustHold(project, own, "1.0.0");
    }

    [Fact]
    public async Task Installs_again_from_its_lockfile_with_an_empty_store()
    {
        var tree = new MadeUpTree(shared.Source, SharedServer.Fresh("pnpmci"));
        using var home = Home(https: false);
        var project = PackageFolder.ToInstall(home, "project", tree.App);
        (await home.RunAsync(Tool.Pnpm, project, "install", "--store-dir", home.Project("store"))).MustSucceed();
        Directory.Delete(Path.Combine(project, "node_modules"), recursive: true);
        home.EmptyCaches();

        (await home.RunAsync(Tool.Pnpm, project, "install", "--frozen-lockfile", "--store-dir", home.Project("other-store"))).MustSucceed();

        tree.MustBeInstalledIn(project);
    }

    private ClientHome Home(bool https)
    {
        var home = shared.LoggedIn(shared.Server.Npm(https: https));
        home.Environment["NODE_EXTRA_CA_CERTS"] = shared.Server.AuthorityFile;
        home.Environment["PNPM_HOME"] = home.Project("pnpm-home");
        if (https)
        {
            File.AppendAllText(Path.Combine(home.Path, ".npmrc"), $"cafile={shared.Server.AuthorityFile}\n");
        }

        return home;
    }
}
