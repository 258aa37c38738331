using System.Text.Json.Nodes;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Npm;

/// <summary>What the AWS CLI says about groups and origin controls, npm obeys with its next command.</summary>
public sealed class PackageGroupTests(SharedServer shared)
{
    private const string Domain = GranaryServer.Domain;
    private const string Repository = GranaryServer.Repository;

    [Fact]
    public async Task A_group_that_blocks_publishing_refuses_npm_publish_until_it_is_changed()
    {
        var name = SharedServer.Fresh("grouped");
        using var home = shared.LoggedIn();
        var folder = PackageFolder.ToPublish(home, name);
        await CreateAsync($"/npm//{name}$");
        await ConfigureAsync($"/npm//{name}$", "--restrictions", "PUBLISH=BLOCK");

        (await home.NpmAsync(folder, "publish")).MustFail($"/npm//{name}$ has PUBLISH = BLOCK");

        await ConfigureAsync(
            $"/npm//{name}$", "--restrictions", "PUBLISH=ALLOW_SPECIFIC_REPOSITORIES",
            "--add-allowed-repositories", $"repositoryName={Repository},originRestrictionType=PUBLISH");
        (await home.NpmAsync(folder, "publish")).MustSucceed();
    }

    [Fact]
    public async Task A_group_that_blocks_public_sources_hides_what_is_not_kept_and_asks_nobody()
    {
        var kept = shared.Source.Add(SharedServer.Fresh("walled"), "1.0.0", "2.0.0");
        using var home = shared.LoggedIn();
        (await home.NpmAsync(PackageFolder.ToInstall(home, "before", $"{kept.Name}"), "install", $"{kept.Name}@1.0.0")).MustSucceed();
        await CreateAsync($"/npm//{kept.Name}$");
        await ConfigureAsync($"/npm//{kept.Name}$", "--restrictions", "EXTERNAL_UPSTREAM=BLOCK");
        var asked = shared.Source.CountOf(kept.Name);
        home.EmptyCaches();

        Assert.Equal("1.0.0", (await home.NpmAsync(home.Project("view"), "view", kept.Name, "versions", "--json")).MustSucceed().Output.Trim().Trim('[', ']', '"', '\n', ' '));
        (await home.NpmAsync(home.Project("again"), "install", $"{kept.Name}@1.0.0")).MustSucceed();
        (await home.NpmAsync(home.Project("newer"), "install", $"{kept.Name}@2.0.0")).MustFail("ETARGET", "notarget");
        Assert.Equal(asked, shared.Source.CountOf(kept.Name));

        await shared.Aws.RunAsync("delete-package-group", "--domain", Domain, "--package-group", $"/npm//{kept.Name}$");
        home.EmptyCaches();
        (await home.NpmAsync(home.Project("newer"), "install", $"{kept.Name}@2.0.0")).MustSucceed();
    }

    [Fact]
    public async Task The_guide_s_example_ingests_through_one_repository_and_is_used_from_another()
    {
        var package = shared.Source.Add(SharedServer.Fresh("guided"));
        var store = SharedServer.Fresh("repo-b");
        var mine = SharedServer.Fresh("repo-a");
        var other = SharedServer.Fresh("repo-c");
        await shared.Aws.CreateRepositoryAsync(store);
        await shared.Aws.RunAsync("associate-external-connection", "--domain", Domain, "--repository", store, "--external-connection", "public:npmjs");
        await shared.Aws.CreateRepositoryAsync(mine, store);
        await shared.Aws.CreateRepositoryAsync(other, store);
        await CreateAsync($"/npm//{package.Name}$");
        await ConfigureAsync(
            $"/npm//{package.Name}$", "--restrictions", "PUBLISH=BLOCK,EXTERNAL_UPSTREAM=ALLOW_SPECIFIC_REPOSITORIES,INTERNAL_UPSTREAM=ALLOW_SPECIFIC_REPOSITORIES",
            "--add-allowed-repositories", $"repositoryName={store},originRestrictionType=EXTERNAL_UPSTREAM", $"repositoryName={mine},originRestrictionType=INTERNAL_UPSTREAM");

        using (var allowed = shared.LoggedIn(shared.Server.Npm(mine)))
        {
            (await allowed.NpmAsync(allowed.Project("project"), "install", package.Name)).MustSucceed();
            (await allowed.NpmAsync(PackageFolder.ToPublish(allowed, package.Name, "9.0.0"), "publish")).MustFail("403");
        }

        using var refused = shared.LoggedIn(shared.Server.Npm(other));
        (await refused.NpmAsync(refused.Project("project"), "install", package.Name)).MustFail("404");
    }

    [Fact]
    public async Task A_variation_of_a_group_s_name_is_blocked_until_it_has_a_group_of_its_own()
    {
        var name = SharedServer.Fresh("my-lib");
        var variation = name.Replace("my-lib", "my_lib", StringComparison.Ordinal);
        shared.Source.Add(variation);
        await CreateAsync($"/npm//{name}$");
        using var home = shared.LoggedIn();

        (await home.NpmAsync(home.Project("project"), "install", variation)).MustFail("404");
        (await home.NpmAsync(PackageFolder.ToPublish(home, variation), "publish")).MustFail($"a variation of the package group /npm//{name}$");
        Assert.Equal(0, shared.Source.CountOf(variation));

        await CreateAsync($"/npm//{variation}$");
        (await home.NpmAsync(home.Project("project"), "install", variation)).MustSucceed();
    }

    [Fact]
    public async Task Upstream_blocked_for_a_package_hides_its_public_versions_from_the_next_install()
    {
        var package = shared.Source.Add(SharedServer.Fresh("frozen"));
        using var home = shared.LoggedIn();
        (await home.NpmAsync(home.Project("view"), "view", package.Name)).MustSucceed();

        await PutOriginAsync(package.Name, "publish=ALLOW,upstream=BLOCK");
        home.EmptyCaches();
        (await home.NpmAsync(home.Project("project"), "install", package.Name)).MustFail("404");

        await PutOriginAsync(package.Name, "publish=BLOCK,upstream=ALLOW");
        (await home.NpmAsync(home.Project("project"), "install", package.Name)).MustSucceed();
        (await home.NpmAsync(PackageFolder.ToPublish(home, package.Name, "9.0.0"), "publish")).MustFail("publish = BLOCK");
    }

    [Fact]
    public async Task A_block_from_either_the_package_or_its_group_wins()
    {
        var name = SharedServer.Fresh("either");
        using var home = shared.LoggedIn();
        await CreateAsync($"/npm//{name}$");
        await PutOriginAsync(name, "publish=ALLOW,upstream=ALLOW");
        await ConfigureAsync($"/npm//{name}$", "--restrictions", "PUBLISH=BLOCK");
        var folder = PackageFolder.ToPublish(home, name);
        (await home.NpmAsync(folder, "publish")).MustFail("403");

        await ConfigureAsync($"/npm//{name}$", "--restrictions", "PUBLISH=ALLOW");
        await PutOriginAsync(name, "publish=BLOCK,upstream=ALLOW");
        (await home.NpmAsync(folder, "publish")).MustFail("403");

        await PutOriginAsync(name, "publish=ALLOW,upstream=BLOCK");
        (await home.NpmAsync(folder, "publish")).MustSucceed();
    }

    private Task<JsonNode> CreateAsync(string pattern) => shared.Aws.RunAsync("create-package-group", "--domain", Domain, "--package-group", pattern);

    private Task<JsonNode> ConfigureAsync(string pattern, params string[] changes) =>
        shared.Aws.RunAsync(["update-package-group-origin-configuration", "--domain", Domain, "--package-group", pattern, .. changes]);

    private Task<JsonNode> PutOriginAsync(string package, string restrictions) => shared.Aws.RunAsync(
        "put-package-origin-configuration", "--domain", Domain, "--repository", Repository, "--format", "npm", "--package", package, "--restrictions", restrictions);
}
