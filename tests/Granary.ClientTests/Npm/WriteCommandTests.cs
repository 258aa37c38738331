using System.Net;
using System.Text.Json.Nodes;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Npm;

public sealed class WriteCommandTests(SharedServer shared)
{
    [Fact]
    public async Task Publish_sets_latest_or_the_tag_that_is_asked_for()
    {
        var own = $"@{SharedServer.Fresh("tagged")}/lib";
        using var home = shared.LoggedIn();
        var folder = PackageFolder.ToPublish(home, own);
        (await home.NpmAsync(folder, "publish")).MustSucceed();
        PackageFolder.Fill(folder, own, "2.0.0-rc.1");
        (await home.NpmAsync(folder, "publish", "--tag", "next")).MustSucceed();

        var tags = (await shared.PackumentAsync(own))["dist-tags"]!;

        Assert.Equal("1.0.0", tags["latest"]!.GetValue<string>());
        Assert.Equal("2.0.0-rc.1", tags["next"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_second_publish_of_a_version_is_refused_and_its_bytes_stay()
    {
        var own = $"@{SharedServer.Fresh("twice")}/lib";
        using var home = shared.LoggedIn();
        var folder = PackageFolder.ToPublish(home, own);
        (await home.NpmAsync(folder, "publish")).MustSucceed();
        File.AppendAllText(Path.Combine(folder, "index.js"), "// changed\n");

        // npm refuses by itself when it sees the version in the packument, so the server's own answer is asked for too.
        (await home.NpmAsync(folder, "publish")).MustFail("409", "previously published", "over the");
        var other = new PublishDocument(own, "1.0.0");
        var answer = await shared.TryPublishAsync(other);

        Assert.Contains("1.0.0", answer.Must(HttpStatusCode.Conflict).Text, StringComparison.Ordinal);
        var integrity = (await shared.PackumentAsync(own))["versions"]!["1.0.0"]!["dist"]!["integrity"]!.GetValue<string>();
        Assert.NotEqual(Tarball.Integrity(other.Tarball), integrity);
    }

    [Fact]
    public async Task Dist_tags_are_listed_added_moved_and_removed()
    {
        var own = $"@{SharedServer.Fresh("disttag")}/lib";
        await shared.PublishAsync(new PublishDocument(own, "1.0.0"));
        await shared.PublishAsync(new PublishDocument(own, "1.1.0"));
        using var home = shared.LoggedIn();

        (await home.NpmAsync(home.Path, "dist-tag", "add", $"{own}@1.0.0", "stable")).MustSucceed();
        Assert.Contains("stable: 1.0.0", (await home.NpmAsync(home.Path, "dist-tag", "ls", own)).MustSucceed().Output, StringComparison.Ordinal);
        (await home.NpmAsync(home.Path, "dist-tag", "add", $"{own}@1.1.0", "stable")).MustSucceed();
        Assert.Equal("1.1.0", (await home.NpmAsync(home.Path, "view", $"{own}@stable", "version", "--prefer-online")).MustSucceed().Output.Trim());
        (await home.NpmAsync(home.Path, "dist-tag", "rm", own, "stable")).MustSucceed();

        Assert.DoesNotContain("stable", (await home.NpmAsync(home.Path, "dist-tag", "ls", own)).MustSucceed().Output, StringComparison.Ordinal);
        (await home.NpmAsync(home.Path, "dist-tag", "add", $"{own}@9.9.9", "stable")).MustFail();
    }

    [Fact]
    public async Task Deprecate_is_seen_by_the_next_install_and_taken_back()
    {
        var own = $"@{SharedServer.Fresh("deprecate")}/lib";
        await shared.PublishAsync(new PublishDocument(own, "1.0.0"));
        using var home = shared.LoggedIn();

        (await home.NpmAsync(home.Path, "deprecate", $"{own}@1.0.0", "use the other one")).MustSucceed();
        var warned = (await home.NpmAsync(home.Project("a"), "install", own, "--prefer-online")).MustSucceed();
        (await home.NpmAsync(home.Path, "deprecate", $"{own}@1.0.0", "")).MustSucceed();
        var quiet = (await home.NpmAsync(home.Project("b"), "install", own, "--prefer-online")).MustSucceed();

        Assert.Contains("use the other one", warned.Everything, StringComparison.Ordinal);
        Assert.DoesNotContain("use the other one", quiet.Everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unpublish_is_refused_in_words_and_removes_nothing()
    {
        var own = $"@{SharedServer.Fresh("unpublish")}/lib";
        await shared.PublishAsync(new PublishDocument(own, "1.0.0"));
        await shared.PublishAsync(new PublishDocument(own, "1.1.0"));
        using var home = shared.LoggedIn();

        (await home.NpmAsync(home.Path, "unpublish", $"{own}@1.0.0", "--force")).MustFail("unpublish", "delete-package-versions");
        (await home.NpmAsync(home.Path, "unpublish", own, "--force")).MustFail("unpublish", "delete-package-versions");

        Assert.Equal(2, (await shared.PackumentAsync(own))["versions"]!.AsObject().Count);
    }

    [Fact]
    public async Task What_npm_publishes_is_described_by_the_control_plane()
    {
        var scope = SharedServer.Fresh("described");
        var name = $"@{scope}/lib";
        using var home = shared.LoggedIn();
        var folder = PackageFolder.ToPublish(home, name);
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "package.json")))!;
        manifest["homepage"] = "https://example.invalid/lib";
        manifest["dependencies"] = new JsonObject { ["left"] = "^1.0.0" };
        manifest["devDependencies"] = new JsonObject { ["right"] = "*" };
        File.WriteAllText(Path.Combine(folder, "package.json"), manifest.ToJsonString());
        (await home.NpmAsync(folder, "publish")).MustSucceed();
        string[] version =
        [
            "--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository, "--format", "npm",
            "--namespace", scope, "--package", "lib", "--package-version", "1.0.0",
        ];

        var described = (await shared.Aws.RunAsync(["describe-package-version", .. version]))["packageVersion"]!;
        var dependencies = (await shared.Aws.RunAsync(["list-package-version-dependencies", .. version]))["dependencies"]!.AsArray();
        var readme = await shared.Aws.RunAsync(["get-package-version-readme", .. version]);

        Assert.Equal("published by a test", described["summary"]!.GetValue<string>());
        Assert.Equal("https://example.invalid/lib", described["homePage"]!.GetValue<string>());
        Assert.Equal("MIT", described["licenses"]![0]!["name"]!.GetValue<string>());
        Assert.Equal("Published", described["status"]!.GetValue<string>());
        Assert.Equal("INTERNAL", described["origin"]!["originType"]!.GetValue<string>());
        Assert.Equal(
            ["left regular ^1.0.0", "right dev *"],
            dependencies.Select(d => $"{d!["package"]} {d["dependencyType"]} {d["versionRequirement"]}").Order(StringComparer.Ordinal));
        Assert.Equal($"# {name}\n", readme["readme"]!.GetValue<string>());
    }
}
