using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.ControlPlane;

/// <summary>Promotion as teams do it: what copy-package-versions says, npm obeys with its next command.</summary>
public sealed class CopyTests(SharedServer shared)
{
    private const string Domain = GranaryServer.Domain;

    [Fact]
    public async Task A_copied_version_can_be_installed_from_the_other_repository_with_its_tags()
    {
        var name = SharedServer.Fresh("promoted");
        var (staging, production) = await PairAsync("promote");
        using (var home = shared.LoggedIn(shared.Server.Npm(staging)))
        {
            var folder = PackageFolder.ToPublish(home, name);
            (await home.NpmAsync(folder, "publish")).MustSucceed();
            PackageFolder.Fill(folder, name, "1.1.0-rc.1");
            (await home.NpmAsync(folder, "publish", "--tag", "next")).MustSucceed();
        }

        using var user = shared.LoggedIn(shared.Server.Npm(production));
        (await user.NpmAsync(user.Project("before"), "install", name)).MustFail("404");

        var copied = await CopyAsync(staging, production, name, "--versions", "1.0.0", "1.1.0-rc.1");
        Assert.Equal("Published", copied["successfulVersions"]!["1.0.0"]!["status"]!.GetValue<string>());

        user.EmptyCaches();
        var project = PackageFolder.ToInstall(user, "after");
        (await user.NpmAsync(project, "install", name)).MustSucceed();
        PackageFolder.MustHold(project, name, "1.0.0");
        (await user.NpmAsync(project, "install", $"{name}@next")).MustSucceed();
        PackageFolder.MustHold(project, name, "1.1.0-rc.1");

        var again = await CopyAsync(staging, production, name, "--versions", "1.0.0");
        Assert.Empty(again["successfulVersions"]!.AsObject());
        Assert.Empty(again["failedVersions"]!.AsObject());
    }

    /// <summary>The workflow that CodeArtifact documents for a public package that needs a patch before its author makes one.</summary>
    [Fact]
    public async Task A_patched_version_is_copied_over_a_public_one_only_when_told_to()
    {
        var package = shared.Source.Add(SharedServer.Fresh("patched"), "1.0.0", "1.1.0");
        var (patches, consumers) = await PairAsync("patch");
        await shared.Aws.RunAsync("associate-external-connection", "--domain", Domain, "--repository", consumers, "--external-connection", "public:npmjs");
        using var user = shared.LoggedIn(shared.Server.Npm(consumers));
        var project = PackageFolder.ToInstall(user, "project");
        (await user.NpmAsync(project, "install", $"{package.Name}@1.0.0")).MustSucceed();
        using (var home = shared.LoggedIn(shared.Server.Npm(patches)))
        {
            (await home.NpmAsync(PackageFolder.ToPublish(home, package.Name), "publish")).MustSucceed();
        }

        var refused = await CopyAsync(patches, consumers, package.Name, "--versions", "1.0.0");
        Assert.Equal("ALREADY_EXISTS", refused["failedVersions"]!["1.0.0"]!["errorCode"]!.GetValue<string>());
        await CopyAsync(patches, consumers, package.Name, "--versions", "1.0.0", "--allow-overwrite");

        user.EmptyCaches();
        var fresh = PackageFolder.ToInstall(user, "fresh");
        (await user.NpmAsync(fresh, "install", $"{package.Name}@1.0.0")).MustSucceed();
        PackageFolder.MustHold(fresh, package.Name, "1.0.0");
        // The other public versions stay where they were.
        (await user.NpmAsync(user.Project("newer"), "install", $"{package.Name}@1.1.0")).MustSucceed();
    }

    [Fact]
    public async Task A_version_that_only_the_public_source_has_is_fetched_whole_before_it_is_copied()
    {
        var package = shared.Source.Add(SharedServer.Fresh("fetched"), "1.0.0", "1.1.0");
        var (store, vault) = await PairAsync("fetch");
        var front = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("fetch-front"), store);
        await shared.Aws.RunAsync("associate-external-connection", "--domain", Domain, "--repository", store, "--external-connection", "public:npmjs");

        await shared.Aws.RefusedAsync("ResourceNotFoundException", Arguments(front, vault, package.Name, "--versions", "1.0.0"));
        Assert.Equal(0, shared.Source.CountOf(package.Name));
        var missing = await CopyAsync(front, vault, package.Name, "--versions", "1.0.0", "9.9.9", "--include-from-upstream");
        Assert.Equal("NOT_FOUND", missing["failedVersions"]!["9.9.9"]!["errorCode"]!.GetValue<string>());
        var copied = await CopyAsync(front, vault, package.Name, "--versions", "1.0.0", "1.1.0", "--include-from-upstream");
        Assert.Equal(2, copied["successfulVersions"]!.AsObject().Count);

        // From now on nobody needs the source.
        var asked = shared.Source.CountOf(package.Name);
        shared.Source.Remove(package.Name);
        using var user = shared.LoggedIn(shared.Server.Npm(vault));
        (await user.NpmAsync(user.Project("install"), "install", package.Name)).MustSucceed();
        Assert.Equal(asked, shared.Source.CountOf(package.Name));
    }

    private async Task<(string, string)> PairAsync(string stem) => (
        await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh($"{stem}-from")),
        await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh($"{stem}-to")));

    private Task<System.Text.Json.Nodes.JsonNode> CopyAsync(string source, string destination, string package, params string[] more) =>
        shared.Aws.RunAsync(Arguments(source, destination, package, more));

    private static string[] Arguments(string source, string destination, string package, params string[] more) =>
    [
        "copy-package-versions", "--domain", Domain, "--source-repository", source, "--destination-repository", destination,
        "--format", "npm", "--package", package, .. more,
    ];
}
