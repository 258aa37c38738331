using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.ControlPlane;

public sealed class RepositoryTests(SharedServer shared)
{
    [Fact]
    public async Task A_repository_is_created_described_updated_listed_and_deleted()
    {
        var name = SharedServer.Fresh("repo");
        string[] one = ["--domain", GranaryServer.Domain, "--repository", name];

        var created = (await shared.Aws.RunAsync(
            ["create-repository", .. one, "--description", "first", "--upstreams", "repositoryName=npm-store"]))["repository"]!;
        await shared.Aws.RunAsync(["update-repository", .. one, "--description", "second", "--upstreams", "[]"]);
        var described = (await shared.Aws.RunAsync(["describe-repository", .. one]))["repository"]!;
        var all = (await shared.Aws.RunAsync("list-repositories", "--repository-prefix", name))["repositories"]!.AsArray();
        var inDomain = (await shared.Aws.RunAsync(
            "list-repositories-in-domain", "--domain", GranaryServer.Domain, "--repository-prefix", name))["repositories"]!.AsArray();

        Assert.Equal("npm-store", created["upstreams"]![0]!["repositoryName"]!.GetValue<string>());
        Assert.Equal("second", described["description"]!.GetValue<string>());
        Assert.Empty(described["upstreams"]!.AsArray());
        Assert.Single(all);
        Assert.Single(inDomain);

        await shared.Aws.RunAsync(["delete-repository", .. one]);

        await shared.Aws.RefusedAsync("ResourceNotFoundException", ["describe-repository", .. one]);
    }

    [Fact]
    public async Task The_endpoint_is_the_address_on_which_it_was_asked()
    {
        var endpoint = await shared.Aws.RunAsync(
            "get-repository-endpoint", "--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository, "--format", "npm");

        Assert.Equal(shared.Server.Npm().AbsoluteUri, endpoint["repositoryEndpoint"]!.GetValue<string>());
    }

    [Fact]
    public async Task Over_https_the_control_plane_and_the_endpoint_work_too()
    {
        using var home = new ClientHome();
        var aws = new AwsCli(shared.Server, home) { Extra = { ["AWS_CA_BUNDLE"] = shared.Server.AuthorityFile } };

        var endpoint = await aws.RunAsync(
            "get-repository-endpoint", "--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository, "--format", "npm",
            "--endpoint-url", shared.Server.Https.AbsoluteUri.TrimEnd('/'));

        Assert.Equal(shared.Server.Npm(https: true).AbsoluteUri, endpoint["repositoryEndpoint"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_external_connection_is_what_lets_public_packages_in()
    {
        var name = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("connected"));
        var package = shared.Source.Add(SharedServer.Fresh("viaconnection"));
        string[] connection = ["--domain", GranaryServer.Domain, "--repository", name, "--external-connection", "public:npmjs"];
        var repository = shared.Server.Npm(name);
        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync(package.Name, repository));

        var answer = await shared.Aws.RunAsync(["associate-external-connection", .. connection]);
        Assert.Equal("public:npmjs", answer["repository"]!["externalConnections"]![0]!["externalConnectionName"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.OK, await shared.StatusAsync(package.Name, repository));
        Assert.Equal(HttpStatusCode.OK, await shared.StatusAsync(package.TarballPath("1.0.0")[1..], repository));
        await shared.Aws.RefusedAsync("ConflictException", ["associate-external-connection", .. connection]);

        await shared.Aws.RunAsync(["disassociate-external-connection", .. connection]);

        // What was retained stays, what was not is out of reach.
        Assert.Equal(HttpStatusCode.OK, await shared.StatusAsync(package.TarballPath("1.0.0")[1..], repository));
        Assert.Equal(HttpStatusCode.NotFound, await shared.StatusAsync(shared.Source.Add(SharedServer.Fresh("late")).Name, repository));
        await shared.Aws.RefusedAsync("ResourceNotFoundException", ["disassociate-external-connection", .. connection]);
    }

    [Fact]
    public async Task An_upstream_lends_its_packages_and_only_the_asked_repository_and_the_connected_one_keep_them()
    {
        var middle = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("middle"), "npm-store");
        var asked = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("asked"), middle);
        var package = shared.Source.Add(SharedServer.Fresh("chained"));

        Assert.Equal(HttpStatusCode.OK, await shared.StatusAsync(package.TarballPath("1.0.0")[1..], shared.Server.Npm(asked)));

        Assert.True(await HoldsAsync(asked, package.Name));
        Assert.False(await HoldsAsync(middle, package.Name));
        Assert.True(await HoldsAsync("npm-store", package.Name));
    }

    [Theory]
    [InlineData("no-such-repo", "ResourceNotFoundException")]
    [InlineData("two words", "ValidationException")]
    [InlineData("a/../b", "ValidationException")]
    [InlineData(".hidden", "ValidationException")]
    public async Task A_name_that_is_absent_or_malformed_is_refused(string name, string error)
    {
        await shared.Aws.RefusedAsync(error, "describe-repository", "--domain", GranaryServer.Domain, "--repository", name);
    }

    private async Task<bool> HoldsAsync(string repository, string package)
    {
        var answer = await shared.Aws.RunAsync(
            "list-packages", "--domain", GranaryServer.Domain, "--repository", repository, "--format", "npm", "--package-prefix", package);
        return answer["packages"]!.AsArray().Count > 0;
    }
}
