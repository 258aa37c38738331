using System.Text.Json.Nodes;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Access;

/// <summary>An explanation says what npm meets: the command beside the running server, and the call that curl signs.</summary>
public sealed class ExplainTests(SharedServer shared)
{
    [Fact]
    public async Task The_command_says_what_the_next_install_meets()
    {
        var name = SharedServer.Fresh("explained");
        shared.Source.Add(name);
        using var home = shared.LoggedIn();

        Assert.StartsWith("VISIBLE: Version 1.0.0 comes from public:npmjs.", await ExplainAsync(home, name, "1.0.0"), StringComparison.Ordinal);
        Assert.StartsWith("NOT_FOUND: ", await ExplainAsync(home, name, "9.0.0"), StringComparison.Ordinal);
        (await home.NpmAsync(PackageFolder.ToInstall(home, "project", name), "install")).MustSucceed();
        Assert.StartsWith($"VISIBLE: Version 1.0.0 is served from repository {GranaryServer.Repository}.", await ExplainAsync(home, name, "1.0.0"), StringComparison.Ordinal);

        await shared.Aws.RunAsync(
            "update-package-versions-status", "--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository, "--format", "npm", "--package", name,
            "--versions", "1.0.0", "--target-status", "Archived");
        Assert.StartsWith($"HIDDEN: Version 1.0.0 is Archived in repository {GranaryServer.Repository}", await ExplainAsync(home, name, "1.0.0"), StringComparison.Ordinal);
        home.EmptyCaches();
        (await home.NpmAsync(PackageFolder.ToInstall(home, "again", name), "install")).MustFail("E404", "ETARGET", "notarget");
    }

    [Fact]
    public async Task A_scoped_name_is_no_file_of_arguments_and_the_server_goes_on_listing_what_the_command_asked_for()
    {
        var package = shared.Source.Add($"@explained/{SharedServer.Fresh("scoped")}");
        using var home = shared.LoggedIn();
        (await home.NpmAsync(home.Project("view"), "view", package.Name)).MustSucceed();

        Assert.StartsWith("VISIBLE: ", await ExplainAsync(home, package.Name, "1.0.0"), StringComparison.Ordinal);

        home.EmptyCaches();
        (await home.NpmAsync(home.Project("project"), "install", package.Name)).MustSucceed();
    }

    [Fact]
    public async Task A_private_name_is_not_told_to_the_source_by_an_explanation()
    {
        var name = SharedServer.Fresh("explained-secret");
        await shared.PublishAsync(new PublishDocument(name, "1.0.0"));
        var asked = shared.Source.CountOf(name);
        using var home = shared.LoggedIn();

        var told = await ExplainAsync(home, name, "99.0.0");

        Assert.StartsWith("BLOCKED: ", told, StringComparison.Ordinal);
        Assert.Contains("upstream = BLOCK", told, StringComparison.Ordinal);
        Assert.Equal(asked, shared.Source.CountOf(name));
    }

    [Fact]
    public async Task Whoever_is_named_wrongly_is_told_so()
    {
        using var home = shared.LoggedIn();

        (await RunAsync(home, "left", "1.0.0", "--principal", "dora")).MustFail("is not the ARN of a user or a role");
        (await RunAsync(home, "left", "1.0.0", "--principal", $"arn:aws:iam::{GranaryServer.Account}:user/nobody")).MustFail("There is no user or role");
        (await RunAsync(home, "left", "1.0.0", "--repository", "nowhere")).MustFail("has no repository nowhere");
        (await RunAsync(home, "left", "1.0.0", "--format", "deb")).MustFail("npm, pypi");
    }

    [Fact]
    public async Task Curl_signs_the_call()
    {
        var name = SharedServer.Fresh("explained-curl");
        await shared.PublishAsync(new PublishDocument(name, "1.0.0"));
        using var home = shared.LoggedIn();
        var credentials = await File.ReadAllLinesAsync(Path.Combine(shared.Server.DataDirectory, "aws", "credentials"), TestContext.Current.CancellationToken);
        string Value(string key) => credentials.First(l => l.StartsWith(key, StringComparison.Ordinal)).Split('=', 2)[1].Trim();
        // curl before 8.1 signs the parameters in the order in which they stand, which must be that of their names.
        var query = $"domain={GranaryServer.Domain}&format=npm&package={name}&repository={GranaryServer.Repository}&version=1.0.0";

        var curl = await Command.RunAsync(
            "curl",
            ["-s", "--aws-sigv4", "aws:amz:us-east-1:codeartifact", "--user", $"{Value("aws_access_key_id")}:{Value("aws_secret_access_key")}", $"{shared.Server.Http}granary/v1/explain?{query}"],
            home.Path,
            home.Environment);

        var answer = JsonNode.Parse(curl.MustSucceed().Output)!;
        Assert.Equal("VISIBLE", (string?)answer["outcome"]);
        Assert.Equal($"arn:aws:iam::{GranaryServer.Account}:user/admin", (string?)answer["principal"]);
    }

    private async Task<string> ExplainAsync(ClientHome home, string package, string version) => (await RunAsync(home, package, version)).MustSucceed().Output;

    private Task<CommandResult> RunAsync(ClientHome home, params string[] arguments)
    {
        // As the server was started: the fake source's address comes from its environment.
        var environment = new Dictionary<string, string>(home.Environment) { ["ExternalConnections__public__npmjs"] = shared.Source.Address.ToString() };
        return Command.RunAsync(GranaryServer.Program, ["explain", .. arguments, "--data", shared.Server.DataDirectory], home.Path, environment);
    }
}
