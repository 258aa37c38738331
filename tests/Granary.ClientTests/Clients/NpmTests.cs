using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Clients;

public sealed class NpmTests(SharedServer shared)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Publishes_a_private_package_and_installs_it_with_a_public_tree(bool https)
    {
        var tree = new MadeUpTree(shared.Source, SharedServer.Fresh("npm"));
        var own = $"@{tree.Prefix}-own/lib";
        using var home = shared.LoggedIn(shared.Server.Npm(https: https));
        home.Environment["NODE_EXTRA_CA_CERTS"] = shared.Server.AuthorityFile;

        (await home.NpmAsync(PackageFolder.ToPublish(home, own), "publish")).MustSucceed();
        var project = PackageFolder.ToInstall(home, "project", tree.App, own);
        (await home.NpmAsync(project, "install")).MustSucceed();

        tree.MustBeInstalledIn(project);
        PackageFolder.MustHold(project, own, "1.0.0");
        Assert.Contains($"{tree.Prefix}-cli@1.0.0", (await home.NpmAsync(project, "exec", "--offline", "--", tree.Named("say"))).MustSucceed().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Installs_again_from_the_lockfile_with_an_empty_cache()
    {
        var tree = new MadeUpTree(shared.Source, SharedServer.Fresh("npmci"));
        using var home = shared.LoggedIn();
        var project = PackageFolder.ToInstall(home, "project", tree.App);
        (await home.NpmAsync(project, "install")).MustSucceed();
        Directory.Delete(Path.Combine(project, "node_modules"), recursive: true);
        home.EmptyCaches();

        (await home.NpmAsync(project, "ci")).MustSucceed();

        tree.MustBeInstalledIn(project);
    }

    [Fact]
    public async Task Warns_of_a_deprecated_package()
    {
        var tree = new MadeUpTree(shared.Source, SharedServer.Fresh("npmold"));
        using var home = shared.LoggedIn();

        var result = (await home.NpmAsync(PackageFolder.ToInstall(home, "project", tree.App), "install")).MustSucceed();

        Assert.Contains("made up to be old", result.Everything, StringComparison.Ordinal);
    }
}
