using System.Net;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Npm;

/// <summary>What the AWS call does to a version, the next npm command obeys.</summary>
public sealed class StatusTests(SharedServer shared)
{
    [Fact]
    public async Task An_unlisted_version_leaves_the_packument_but_a_lockfile_still_gets_it()
    {
        var (scope, name) = await TwoVersionsAsync("unlisted");
        using var home = shared.LoggedIn();
        var project = home.Project("project");
        (await home.NpmAsync(project, "install", $"{name}@1.1.0")).MustSucceed();

        await SetStatusAsync(scope, "1.1.0", "Unlisted");

        Assert.Equal("1.0.0", (await home.NpmAsync(home.Path, "view", name, "version", "--prefer-online")).MustSucceed().Output.Trim());
        Directory.Delete(Path.Combine(project, "node_modules"), recursive: true);
        home.EmptyCaches();
        (await home.NpmAsync(project, "ci")).MustSucceed();
        (await home.NpmAsync(home.Project("new"), "install", $"{name}@1.1.0")).MustFail("ETARGET", "notarget");
    }

    [Fact]
    public async Task An_archived_version_is_gone_for_npm_until_it_is_published_again()
    {
        var (scope, name) = await TwoVersionsAsync("archived");
        using var home = shared.LoggedIn();
        var project = home.Project("project");
        (await home.NpmAsync(project, "install", $"{name}@1.1.0")).MustSucceed();

        await SetStatusAsync(scope, "1.1.0", "Archived");

        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync($"{name}/-/lib-1.1.0.tgz"));
        Assert.Single((await shared.PackumentAsync(name))["versions"]!.AsObject());
        home.EmptyCaches();
        Directory.Delete(Path.Combine(project, "node_modules"), recursive: true);
        (await home.NpmAsync(project, "ci")).MustFail("E404");
        (await shared.TryPublishAsync(new PublishDocument(name, "1.1.0"))).Must(HttpStatusCode.Conflict);

        await SetStatusAsync(scope, "1.1.0", "Published");

        (await home.NpmAsync(project, "ci")).MustSucceed();
    }

    [Fact]
    public async Task A_disposed_version_is_404_and_may_only_be_deleted()
    {
        var (scope, name) = await TwoVersionsAsync("disposed");

        await shared.Aws.RunAsync(["dispose-package-versions", .. Package(scope), "--versions", "1.1.0"]);

        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync($"{name}/-/lib-1.1.0.tgz"));
        Assert.Single((await shared.PackumentAsync(name))["versions"]!.AsObject());
        (await shared.TryPublishAsync(new PublishDocument(name, "1.1.0"))).Must(HttpStatusCode.Conflict);
        var back = await shared.Aws.RunAsync(
            ["update-package-versions-status", .. Package(scope), "--versions", "1.1.0", "--target-status", "Published"]);
        Assert.Equal("NOT_ALLOWED", back["failedVersions"]!["1.1.0"]!["errorCode"]!.GetValue<string>());
    }

    [Fact]
    public async Task Deleting_a_version_frees_it_for_other_bytes()
    {
        var (scope, name) = await TwoVersionsAsync("deleted");
        var before = await shared.PackumentAsync(name);
        using var home = shared.LoggedIn();

        await shared.Aws.RunAsync(["delete-package-versions", .. Package(scope), "--versions", "1.1.0"]);

        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync($"{name}/-/lib-1.1.0.tgz"));
        (await home.NpmAsync(PackageFolder.ToPublish(home, name, "1.1.0"), "publish")).MustSucceed();
        var after = await shared.PackumentAsync(name);
        Assert.NotEqual(Integrity(before), Integrity(after));
        var project = home.Project("project");
        (await home.NpmAsync(project, "install", $"{name}@1.1.0")).MustSucceed();
        PackageFolder.MustHold(project, name, "1.1.0");
    }

    [Fact]
    public async Task Deleting_a_package_takes_it_from_npm()
    {
        var (scope, name) = await TwoVersionsAsync("whole");
        using var home = shared.LoggedIn();

        if (await AwsCli.IsOldAsync())
        {
            // The operation is younger than Debian's client.
            var query = $"domain={GranaryServer.Domain}&format=npm&namespace={scope}&package=lib&repository={GranaryServer.Repository}";
            (await new SignedRequest(shared.Server).SendAsync(HttpMethod.Delete, "/v1/package", query)).Must(HttpStatusCode.OK);
        }
        else
        {
            await shared.Aws.RunAsync(["delete-package", .. Package(scope)]);
        }

        (await home.NpmAsync(home.Path, "view", name, "--prefer-online")).MustFail("E404");
        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync($"{name}/-/lib-1.0.0.tgz"));
    }

    private async Task<(string Scope, string Name)> TwoVersionsAsync(string stem)
    {
        var scope = SharedServer.Fresh(stem);
        await shared.PublishAsync(new PublishDocument($"@{scope}/lib", "1.0.0"));
        await shared.PublishAsync(new PublishDocument($"@{scope}/lib", "1.1.0"));
        return (scope, $"@{scope}/lib");
    }

    private async Task SetStatusAsync(string scope, string version, string status)
    {
        var answer = await shared.Aws.RunAsync(
            ["update-package-versions-status", .. Package(scope), "--versions", version, "--target-status", status]);
        Assert.Equal(status, answer["successfulVersions"]![version]!["status"]!.GetValue<string>());
    }

    private static string Integrity(System.Text.Json.Nodes.JsonObject packument) =>
        packument["versions"]!["1.1.0"]!["dist"]!["integrity"]!.GetValue<string>();

    private static string[] Package(string scope) =>
    [
        "--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository,
        "--format", "npm", "--namespace", scope, "--package", "lib",
    ];
}
