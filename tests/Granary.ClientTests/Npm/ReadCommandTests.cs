using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Npm;

public sealed class ReadCommandTests(SharedServer shared)
{
    [Fact]
    public async Task View_shows_versions_tags_times_and_fields()
    {
        var name = SharedServer.Fresh("view");
        shared.Source.Add(name, "1.0.0", "1.1.0").With("2.0.0-beta.1");
        using var home = shared.LoggedIn();

        Assert.Equal("1.1.0", (await home.NpmAsync(home.Path, "view", name, "version")).MustSucceed().Output.Trim());
        var versions = (await home.NpmAsync(home.Path, "view", name, "versions", "--json")).MustSucceed().Output;
        Assert.Contains("2.0.0-beta.1", versions, StringComparison.Ordinal);
        var time = (await home.NpmAsync(home.Path, "view", name, "time", "--json")).MustSucceed().Output;
        Assert.Contains("\"1.0.0\": \"2020-01-02T00:00:00.000Z\"", time, StringComparison.Ordinal);
        var tarball = (await home.NpmAsync(home.Path, "view", $"{name}@1.0.0", "dist.tarball")).MustSucceed().Output.Trim();
        Assert.StartsWith(shared.Server.Npm().AbsoluteUri, tarball, StringComparison.Ordinal);
    }

    [Fact]
    public async Task View_of_a_name_that_nobody_has_is_E404()
    {
        using var home = shared.LoggedIn();

        (await home.NpmAsync(home.Path, "view", SharedServer.Fresh("nobody"))).MustFail("E404");
    }

    [Fact]
    public async Task Outdated_and_update_see_a_newly_published_version()
    {
        var own = $"@{SharedServer.Fresh("outdated")}/lib";
        using var home = shared.LoggedIn();
        await shared.PublishAsync(new PublishDocument(own, "1.0.0"));
        var project = home.Project("project");
        (await home.NpmAsync(project, "install", own)).MustSucceed();
        await shared.PublishAsync(new PublishDocument(own, "1.0.1"));

        // npm exits with 1 when something is outdated.
        (await home.NpmAsync(project, "outdated", "--prefer-online")).MustFail("1.0.1");
        (await home.NpmAsync(project, "update", "--prefer-online")).MustSucceed();

        Assert.Contains("1.0.1", (await home.NpmAsync(project, "ls", own)).MustSucceed().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ping_and_whoami_answer_who_holds_a_token()
    {
        using var home = shared.LoggedIn();

        (await home.NpmAsync(home.Path, "ping")).MustSucceed();
        Assert.NotEqual("", (await home.NpmAsync(home.Path, "whoami")).MustSucceed().Output.Trim());
    }

    [Fact]
    public async Task Search_finds_what_the_repository_holds()
    {
        var own = $"@{SharedServer.Fresh("search")}/lib";
        await shared.PublishAsync(new PublishDocument(own, "1.0.0"));
        using var home = shared.LoggedIn();

        var found = (await home.NpmAsync(home.Path, "search", own, "--json", "--prefer-online")).MustSucceed();

        Assert.Contains($"\"{own}\"", found.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_token_is_E401()
    {
        var name = SharedServer.Fresh("locked");
        shared.Source.Add(name);
        using var home = new ClientHome();
        home.LogIn(shared.Server.Npm(), shared.Token[..^3] + "AAA");

        (await home.NpmAsync(home.Path, "view", name)).MustFail("E401");
        (await home.NpmAsync(home.Path, "ping")).MustFail("E401");
        (await home.NpmAsync(PackageFolder.ToPublish(home, name), "publish")).MustFail("E401");
        Assert.Equal(0, shared.Source.CountOf(name));
    }
}
