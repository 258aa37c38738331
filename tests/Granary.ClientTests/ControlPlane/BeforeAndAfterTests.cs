using System.Text.Json.Nodes;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.ControlPlane;

/// <summary>
/// What an operation changes, npm meets with its next command, and what the opposite one changes back, with the one after. Statuses,
/// deletions and origin controls are in <see cref="Npm.StatusTests"/> and <see cref="Npm.PackageGroupTests"/>.
/// </summary>
public sealed class BeforeAndAfterTests(SharedServer shared)
{
    private const string Domain = GranaryServer.Domain;

    [Fact]
    public async Task External_connections()
    {
        var repository = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("plugged"));
        var (package, late) = (shared.Source.Add(SharedServer.Fresh("plug")), shared.Source.Add(SharedServer.Fresh("plug-late")));
        using var home = shared.LoggedIn(shared.Server.Npm(repository));
        string[] connection = ["--domain", Domain, "--repository", repository, "--external-connection", "public:npmjs"];
        (await home.NpmAsync(home.Project("before"), "install", package.Name)).MustFail("E404");

        await shared.Aws.RunAsync(["associate-external-connection", .. connection]);
        await InstallAsync(home, package.Name);

        await shared.Aws.RunAsync(["disassociate-external-connection", .. connection]);
        home.EmptyCaches();
        await InstallAsync(home, package.Name);
        (await home.NpmAsync(home.Project("late"), "install", late.Name)).MustFail("E404");
    }

    [Fact]
    public async Task Upstreams_and_their_order()
    {
        var (one, two) = (await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("one")), await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("two")));
        var all = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("both"), one, two);
        var name = SharedServer.Fresh("ordered");
        await PublishAsync(name, one, "of one");
        await PublishAsync(name, two, "of two");
        using var home = shared.LoggedIn(shared.Server.Npm(all));
        Assert.Equal("of one", await ViewAsync(home, name, "description"));

        await UpdateAsync($"repositoryName={two}", $"repositoryName={one}");
        Assert.Equal("of two", await ViewAsync(home, name, "description"));
        await InstallAsync(home, name);

        // What was installed is kept, whichever comes first from then on, and whether anything is left upstream.
        await UpdateAsync($"repositoryName={one}");
        Assert.Equal("of two", await ViewAsync(home, name, "description"));
        await UpdateAsync("[]");
        Assert.Equal("of two", await ViewAsync(home, name, "description"));
        home.EmptyCaches();
        await InstallAsync(home, name);

        Task UpdateAsync(params string[] upstreams) => shared.Aws.RunAsync(["update-repository", "--domain", Domain, "--repository", all, "--upstreams", .. upstreams]);
    }

    [Fact]
    public async Task Deleting_a_repository_and_its_domain()
    {
        var domain = SharedServer.Fresh("brief");
        await shared.Aws.RunAsync("create-domain", "--domain", domain);
        await shared.Aws.RunAsync("create-repository", "--domain", domain, "--repository", "base");
        await shared.Aws.RunAsync("create-repository", "--domain", domain, "--repository", "work", "--upstreams", "repositoryName=base");
        using var home = new ClientHome();
        var token = await shared.Aws.TokenAsync(domain);
        home.LogIn(shared.Server.Npm("base", domain), token);
        foreach (var name in (string[])["kept", "unkept"])
        {
            (await home.NpmAsync(PackageFolder.ToPublish(home, name), "publish")).MustSucceed();
        }

        home.LogIn(shared.Server.Npm("work", domain), token);
        // npm caches what it publishes, and would not ask for the bytes.
        home.EmptyCaches();
        await InstallAsync(home, "kept");
        Assert.Equal("1.0.0", await ViewAsync(home, "unkept", "version"));

        await shared.Aws.RunAsync("delete-repository", "--domain", domain, "--repository", "base");
        home.EmptyCaches();
        await InstallAsync(home, "kept");
        (await home.NpmAsync(home.Path, "view", "unkept", "--prefer-online")).MustFail("E404");
        home.LogIn(shared.Server.Npm("base", domain), token);
        (await home.NpmAsync(home.Path, "view", "kept", "--prefer-online")).MustFail("E404");
        (await home.NpmAsync(PackageFolder.ToPublish(home, "anew"), "publish")).MustFail("E404");

        home.LogIn(shared.Server.Npm("work", domain), token);
        (await home.NpmAsync(home.Path, "ping")).MustSucceed();
        await shared.Aws.RunAsync("delete-repository", "--domain", domain, "--repository", "work");
        await shared.Aws.RunAsync("delete-domain", "--domain", domain);
        (await home.NpmAsync(home.Path, "view", "kept", "--prefer-online")).MustFail("E404", "E401", "E403");
        await shared.Aws.RefusedAsync("ResourceNotFoundException", "get-authorization-token", "--domain", domain);

        // A domain of the same name is another one: the token was for the one that is gone.
        await shared.Aws.RunAsync("create-domain", "--domain", domain);
        await shared.Aws.RunAsync("create-repository", "--domain", domain, "--repository", "work");
        (await home.NpmAsync(home.Path, "ping")).MustFail("E401", "E403");
    }

    [Fact]
    public async Task Disposing_of_a_version()
    {
        var name = SharedServer.Fresh("disposable");
        await shared.PublishAsync(new PublishDocument(name, "1.0.0"));
        await shared.PublishAsync(new PublishDocument(name, "1.1.0"));
        using var home = shared.LoggedIn();
        await InstallAsync(home, $"{name}@1.1.0");

        await shared.Aws.RunAsync(
            "dispose-package-versions", "--domain", Domain, "--repository", GranaryServer.Repository, "--format", "npm", "--package", name, "--versions", "1.1.0");

        Assert.Equal("1.0.0", await ViewAsync(home, name, "version"));
        home.EmptyCaches();
        (await home.NpmAsync(home.Project("exact"), "install", $"{name}@1.1.0")).MustFail("ETARGET", "notarget");
        (await home.NpmAsync(PackageFolder.ToPublish(home, name, "1.1.0"), "publish")).MustFail("E409");
        await InstallAsync(home, name);
    }

    [Fact]
    public async Task Policies_of_a_repository_and_of_its_domain()
    {
        var domain = SharedServer.Fresh("guarded");
        await shared.Aws.RunAsync("create-domain", "--domain", domain);
        await shared.Aws.RunAsync("create-repository", "--domain", domain, "--repository", "work");
        var admin = await shared.Aws.TokenAsync(domain);
        await PublishAsync("left", "work", "guarded", domain, admin);
        // She may have a token, and nothing with it.
        var (ann, arn) = await UserAsync("""{"Effect":"Allow","Action":["codeartifact:GetAuthorizationToken","sts:GetServiceBearerToken"],"Resource":"*"}""");
        using var home = new ClientHome();
        home.LogIn(shared.Server.Npm("work", domain), await ann.TokenAsync(domain));
        (await home.NpmAsync(home.Path, "view", "left", "--prefer-online")).MustFail("E403");

        await shared.Aws.RunAsync(
            "put-repository-permissions-policy", "--domain", domain, "--repository", "work",
            "--policy-document", Policy("Allow", arn, "codeartifact:ReadFromRepository"));
        Assert.Equal("1.0.0", await ViewAsync(home, "left", "version"));
        (await home.NpmAsync(PackageFolder.ToPublish(home, "right"), "publish")).MustFail("E403");

        await shared.Aws.RunAsync("put-domain-permissions-policy", "--domain", domain, "--policy-document", Policy("Deny", arn, "codeartifact:*"));
        (await home.NpmAsync(home.Path, "view", "left", "--prefer-online")).MustFail("E403");
        await ann.RefusedAsync("AccessDeniedException", "get-authorization-token", "--domain", domain, "--domain-owner", GranaryServer.Account);

        await shared.Aws.RunAsync("delete-domain-permissions-policy", "--domain", domain);
        Assert.Equal("1.0.0", await ViewAsync(home, "left", "version"));
        await ann.TokenAsync(domain);

        await shared.Aws.RunAsync("delete-repository-permissions-policy", "--domain", domain, "--repository", "work");
        (await home.NpmAsync(home.Path, "view", "left", "--prefer-online")).MustFail("E403");
    }

    [Fact]
    public async Task Tags_that_a_policy_asks_for()
    {
        var repository = await shared.Aws.CreateRepositoryAsync(SharedServer.Fresh("labelled"));
        await PublishAsync("left", repository, "labelled");
        var (ben, _) = await UserAsync("""
            {"Effect":"Allow","Action":["codeartifact:GetAuthorizationToken","sts:GetServiceBearerToken"],"Resource":"*"},
            {"Effect":"Allow","Action":"codeartifact:ReadFromRepository","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/open":"yes"}}}
            """);
        using var home = new ClientHome();
        home.LogIn(shared.Server.Npm(repository), await ben.TokenAsync());
        var arn = $"arn:aws:codeartifact:us-east-1:{GranaryServer.Account}:repository/{Domain}/{repository}";
        (await home.NpmAsync(home.Path, "view", "left", "--prefer-online")).MustFail("E403");

        await shared.Aws.RunAsync("tag-resource", "--resource-arn", arn, "--tags", "key=open,value=no");
        (await home.NpmAsync(home.Path, "view", "left", "--prefer-online")).MustFail("E403");
        await shared.Aws.RunAsync("tag-resource", "--resource-arn", arn, "--tags", "key=open,value=yes");
        Assert.Equal("1.0.0", await ViewAsync(home, "left", "version"));

        await shared.Aws.RunAsync("untag-resource", "--resource-arn", arn, "--tag-keys", "open");
        (await home.NpmAsync(home.Path, "view", "left", "--prefer-online")).MustFail("E403");
    }

    private static async Task<string> ViewAsync(ClientHome home, string package, string member) =>
        (await home.NpmAsync(home.Path, "view", package, member, "--prefer-online")).MustSucceed().Output.Trim();

    private static async Task InstallAsync(ClientHome home, string package)
    {
        var project = home.Project(SharedServer.Fresh("project"));
        (await home.NpmAsync(project, "install", package)).MustSucceed();
        Assert.True(File.Exists(Path.Combine(project, "node_modules", package.Split('@')[0], "package.json")));
    }

    private async Task PublishAsync(string name, string repository, string description, string domain = Domain, string? token = null)
    {
        var document = new PublishDocument(name, "1.0.0", manifest: new JsonObject { ["name"] = name, ["version"] = "1.0.0", ["description"] = description });
        using var request = shared.Server.Request(HttpMethod.Put, name, token ?? shared.Token, shared.Server.Npm(repository, domain));
        request.Content = PublishDocument.ContentOf(document.Root.ToJsonString());
        var answer = await shared.SendAsync(request);
        Assert.True(answer.IsSuccess, answer.ToString());
    }

    /// <summary>A user of their own with these statements and no others.</summary>
    private async Task<(AwsCli Aws, string Arn)> UserAsync(string statements)
    {
        var (iam, name) = (shared.Aws.Of("iam"), SharedServer.Fresh("user"));
        var arn = (await iam.RunAsync("create-user", "--user-name", name))["User"]!["Arn"]!.GetValue<string>();
        await iam.RunAsync(
            "put-user-policy", "--user-name", name, "--policy-name", "only", "--policy-document", $$"""{"Version":"2012-10-17","Statement":[{{statements}}]}""");
        var key = (await iam.RunAsync("create-access-key", "--user-name", name))["AccessKey"]!;
        return (shared.Aws.As(key["AccessKeyId"]!.GetValue<string>(), key["SecretAccessKey"]!.GetValue<string>()), arn);
    }

    private static string Policy(string effect, string arn, string action) =>
        $$"""{"Version":"2012-10-17","Statement":[{"Effect":"{{effect}}","Principal":{"AWS":"{{arn}}"},"Action":"{{action}}","Resource":"*"}]}""";
}
