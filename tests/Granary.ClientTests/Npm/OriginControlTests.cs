using System.Net;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Npm;

/// <summary>Protection against dependency confusion (DC-1 to DC-3 of the hardening catalogue).</summary>
public sealed class OriginControlTests(SharedServer shared)
{
    [Fact]
    public async Task A_private_name_never_picks_up_public_versions()
    {
        var name = SharedServer.Fresh("confused");
        await shared.PublishAsync(new PublishDocument(name, "1.0.0"));
        shared.Source.Add(name, "99.0.0");
        using var home = shared.LoggedIn();
        var project = PackageFolder.ToInstall(home, "project", name);

        (await home.NpmAsync(project, "install")).MustSucceed();

        Assert.Contains("1.0.0", (await home.NpmAsync(project, "ls", name)).MustSucceed().Output, StringComparison.Ordinal);
        (await home.NpmAsync(project, "install", $"{name}@99.0.0")).MustFail("ETARGET", "notarget");
        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync($"{name}/-/{name}-99.0.0.tgz"));
        Assert.Equal(0, shared.Source.Count($"/{name}/-/{name}-99.0.0.tgz"));
    }

    [Fact]
    public async Task A_public_name_refuses_a_publish_once_it_was_ingested()
    {
        var package = shared.Source.Add(SharedServer.Fresh("ingested"));
        using var home = shared.LoggedIn();
        (await home.NpmAsync(home.Project("project"), "install", package.Name)).MustSucceed();

        (await home.NpmAsync(PackageFolder.ToPublish(home, package.Name, "2.0.0"), "publish")).MustFail("403", "409");

        Assert.Single((await shared.PackumentAsync(package.Name))["versions"]!.AsObject());
    }

    [Fact]
    public async Task A_version_that_the_source_has_cannot_be_published_before_it_was_ingested_either()
    {
        var package = shared.Source.Add(SharedServer.Fresh("present"));
        using var home = shared.LoggedIn();

        (await home.NpmAsync(PackageFolder.ToPublish(home, package.Name), "publish")).MustFail("403", "409", "previously published", "over the");

        var tarball = await shared.GetAsync(package.TarballPath("1.0.0")[1..]);
        Assert.Equal(package.Versions[0].Bytes, tarball.Must(HttpStatusCode.OK).Body);
    }

    [Fact]
    public async Task A_name_with_upstream_blocked_is_never_asked_of_the_source()
    {
        var name = SharedServer.Fresh("secret");
        await shared.PublishAsync(new PublishDocument(name, "1.0.0"));
        var asked = shared.Source.CountOf(name);

        await shared.PackumentAsync(name);
        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync($"{name}/-/{name}-2.0.0.tgz"));
        await shared.PublishAsync(new PublishDocument(name, "1.1.0"));
        await shared.PackumentAsync(name);

        Assert.Equal(asked, shared.Source.CountOf(name));
    }

    // Decision 7: the order of the upstreams does not matter.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_name_that_one_upstream_published_is_not_looked_for_in_another_that_is_public(bool ownFirst)
    {
        var team = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("team"));
        string[] upstreams = ownFirst ? [team, "npm-store"] : ["npm-store", team];
        var all = shared.Server.Npm(await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("all"), upstreams));
        var document = new PublishDocument(SharedServer.Fresh("sibling"), "1.0.0");
        await shared.PublishAsync(document, shared.Server.Npm(team));
        shared.Source.Add(document.Name, "99.0.0");

        // Again after the first download, which keeps the version in the repository that was asked.
        for (var round = 0; round < 2; round++)
        {
            var versions = (await shared.PackumentAsync(document.Name, all))["versions"]!.AsObject();
            Assert.Equal(["1.0.0"], versions.Select(version => version.Key));
            Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync($"{document.Name}/-/{document.Name}-99.0.0.tgz", all));
            var tarball = await shared.GetAsync($"{document.Name}/-/{document.FileName}", repository: all);
            Assert.Equal(document.Tarball, tarball.Must(HttpStatusCode.OK).Body);
        }

        Assert.Equal(0, shared.Source.CountOf(document.Name));
    }

    [Fact]
    public async Task A_version_that_the_source_lists_without_a_digest_cannot_be_published_either()
    {
        var package = new FakePackage(SharedServer.Fresh("undigested")).With("1.0.0");
        var packument = package.Packument(shared.Source.Address, abbreviated: false);
        var dist = packument["versions"]!["1.0.0"]!["dist"]!.AsObject();
        dist.Remove("integrity");
        dist.Remove("shasum");
        shared.Source.Script("/" + package.Name, exchange => exchange.SendPackumentAsync(packument));

        (await shared.TryPublishAsync(new PublishDocument(package.Name, "1.0.0"))).Must(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task The_control_plane_s_default_is_what_the_source_calls_latest_once_it_is_kept()
    {
        var package = shared.Source.Add(SharedServer.Fresh("tagged"), "1.0.0", "1.1.0", "2.0.0");
        package.Tags["latest"] = "1.1.0";
        foreach (var version in package.Versions)
        {
            (await shared.GetAsync(package.TarballPath(version.Version)[1..])).Must(HttpStatusCode.OK);
        }

        foreach (var repository in (string[])[GranaryServer.Repository, "npm-store"])
        {
            var versions = await shared.Aws.RunAsync(
                "list-package-versions", "--domain", GranaryServer.Domain, "--repository", repository, "--format", "npm", "--package", package.Name);
            Assert.Equal("1.1.0", versions["defaultDisplayVersion"]!.GetValue<string>());
        }

        Assert.Equal("1.1.0", (await shared.PackumentAsync(package.Name))["dist-tags"]!["latest"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_control_plane_tells_the_origin_and_the_controls_of_both_kinds()
    {
        var package = shared.Source.Add(SharedServer.Fresh("public"));
        var own = SharedServer.Fresh("private");
        await shared.PublishAsync(new PublishDocument(own, "1.0.0"));
        (await shared.GetAsync(package.TarballPath("1.0.0")[1..])).Must(HttpStatusCode.OK);

        Assert.Equal(("BLOCK", "ALLOW"), await RestrictionsAsync(package.Name, GranaryServer.Repository));
        Assert.Equal(("BLOCK", "ALLOW"), await RestrictionsAsync(package.Name, "npm-store"));
        Assert.Equal(("ALLOW", "BLOCK"), await RestrictionsAsync(own, GranaryServer.Repository));
        var version = await shared.Aws.RunAsync(
            "describe-package-version", "--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository,
            "--format", "npm", "--package", package.Name, "--package-version", "1.0.0");
        var origin = version["packageVersion"]!["origin"]!;
        Assert.Equal("EXTERNAL", origin["originType"]!.GetValue<string>());
        Assert.Equal("public:npmjs", origin["domainEntryPoint"]!["externalConnectionName"]!.GetValue<string>());
    }

    private async Task<(string Publish, string Upstream)> RestrictionsAsync(string package, string repository)
    {
        var answer = await shared.Aws.RunAsync(
            "describe-package", "--domain", GranaryServer.Domain, "--repository", repository, "--format", "npm", "--package", package);
        var restrictions = answer["package"]!["originConfiguration"]!["restrictions"]!;
        return (restrictions["publish"]!.GetValue<string>(), restrictions["upstream"]!.GetValue<string>());
    }
}
