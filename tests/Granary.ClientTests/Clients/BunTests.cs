using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Clients;

public sealed class BunTests(SharedServer shared)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publishes_a_private_package_and_installs_it_with_a_public_tree(bool https)
    {
        var tree = new MadeUpTree(shared.Source, SharedServer.Fresh("bun"));
        var own = $"@{tree.Prefix}-own/lib";
        using var home = Home(https);

        (await home.RunAsync(Tool.Bun, PackageFolder.ToPublish(home, own), "publish")).MustSucceed();
        var project = PackageFolder.ToInstall(home, "project", tree.App, own);
        (await home.RunAsync(Tool.Bun, project, "install")).MustSucceed();

        tree.MustBeInstalledIn(project);
        PackageFolder.MustHold(project, own, "1.0.0");
    }

    [Fact]
    public async Task Adds_a_package_by_name_with_settings_in_its_own_file()
    {
        var tree = new MadeUpTree(shared.Source, SharedServer.Fresh("bunadd"));
        using var home = new ClientHome();
        var project = PackageFolder.ToInstall(home, "project");
        File.WriteAllText(
            Path.Combine(project, "bunfig.toml"),
            $"[install]\nregistry = {{ url = \"{shared.Server.Npm()}\", token = \"{shared.Token}\" }}\n");

        (await home.RunAsync(Tool.Bun, project, "add", tree.App)).MustSucceed();

        tree.MustBeInstalledIn(project);
    }

    private ClientHome Home(bool https)
    {
        var home = shared.LoggedIn(shared.Server.Npm(https: https));
        home.Environment["NODE_EXTRA_CA_CERTS"] = shared.Server.AuthorityFile;
        if (https)
        {
            File.AppendAllText(Path.Combine(home.Path, ".npmrc"), $"cafile={shared.Server.AuthorityFile}\n");
        }

        return home;
    }
}
