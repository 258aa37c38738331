using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Formats;

/// <summary>
/// A server for one format's suite: the repository <c>shop</c> takes from <c>store</c>, which is connected to the format's public source; <c>lonely</c> takes
/// from nobody.
/// </summary>
public sealed class FormatServer<TEcosystem> : IAsyncLifetime
    where TEcosystem : Ecosystem, new()
{
    /// <summary>Where <c>aws codeartifact login</c> writes.</summary>
    public ClientHome Home { get; } = new();

    public TEcosystem Ecosystem { get; } = new();

    public GranaryServer Server { get; private set; } = null!;

    public AwsCli Aws { get; private set; } = null!;

    public string Token { get; private set; } = null!;

    public Shelf Shop => new(Server, "shop", Token);

    public Shelf Lonely => new(Server, "lonely", Token);

    public async ValueTask InitializeAsync()
    {
        var settings = new Dictionary<string, string>();
        if (Ecosystem.Source is { } source)
        {
            settings[$"ExternalConnections__{source.Name.Replace(":", "__", StringComparison.Ordinal)}"] = source.Address.ToString();
        }

        Server = await GranaryServer.StartAsync(settings);
        Aws = new AwsCli(Server, Home);
        Token = await Aws.TokenAsync();
        await Aws.CreateRepositoryAsync("store");
        await Aws.CreateRepositoryAsync("shop", "store");
        await Aws.CreateRepositoryAsync("lonely");
        if (Ecosystem.Source is { } connected)
        {
            await Aws.RunAsync("associate-external-connection", "--domain", GranaryServer.Domain, "--repository", "store", "--external-connection", connected.Name);
        }
    }

    /// <summary>The options by which a package in a repository is named to the AWS CLI.</summary>
    public string[] Package(string name, string repository = "shop") =>
    [
        "--domain", GranaryServer.Domain, "--repository", repository, "--format", Ecosystem.Format, "--package", name,
        .. Ecosystem.Namespace is { } @namespace ? (string[])["--namespace", @namespace] : [],
    ];

    /// <summary>The token of a new user who has one policy.</summary>
    public async Task<string> TokenOfAsync(params string[] actions)
    {
        var user = SharedServer.Fresh("user");
        var iam = Aws.Of("iam");
        await iam.RunAsync("create-user", "--user-name", user);
        var listed = string.Join(',', actions.Append("codeartifact:GetAuthorizationToken").Append("sts:GetServiceBearerToken").Select(action => $"\"{action}\""));
        await iam.RunAsync(
            "put-user-policy", "--user-name", user, "--policy-name", "own",
            "--policy-document", $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[{{listed}}],"Resource":"*"}]}""");
        var key = (await iam.RunAsync("create-access-key", "--user-name", user))["AccessKey"]!;
        return await Aws.As((string)key["AccessKeyId"]!, (string)key["SecretAccessKey"]!).TokenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // Whatever the tests sent, nothing of it may be an error of the server's own.
        var bugs = Server.ReadLog().Split('\n').Where(line => line.Contains("nobody foresaw", StringComparison.Ordinal)).ToArray();
        await Server.DisposeAsync();
        await Ecosystem.DisposeAsync();
        Home.Dispose();
        Assert.Empty(bugs);
    }
}
