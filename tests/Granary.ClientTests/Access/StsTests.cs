using System.Net;
using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;
using Granary.Core.Access.Identities;

namespace Granary.ClientTests.Access;

/// <summary>The AWS CLI against STS: its own identity, roles, and the token of a CI job in exchange for a session.</summary>
public sealed class StsTests : IAsyncLifetime
{
    private const string Reader = $"arn:aws:iam::{GranaryServer.Account}:role/reader";
    private const string Job = $"arn:aws:iam::{GranaryServer.Account}:role/job";

    private const string MayRead = """
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["codeartifact:Describe*","codeartifact:Get*","codeartifact:List*","codeartifact:ReadFromRepository","sts:GetServiceBearerToken"],"Resource":"*"}]}
        """;

    private readonly FakeNpmSource _source = new();
    private readonly ClientHome _home = new();
    private OidcProvider _issuer = null!;
    private GranaryServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _issuer = await OidcProvider.StartAsync();
        _server = await GranaryServer.StartAsync(_source);
        await _server.StopAsync();
        var provider = new IdentityProvider
        {
            AccountId = GranaryServer.Account, Name = _issuer.Issuer.Authority, Issuer = _issuer.Name, ClientIds = "sts.amazonaws.com", Thumbprints = "",
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        await SeededAccess.WriteAsync(
            _server,
            provider,
            (SeededAccess.Role("reader", $$"""{"AWS":"{{GranaryServer.Account}}"}""", "sts:AssumeRole"), MayRead),
            (SeededAccess.Role(
                "job",
                $$"""{"Federated":"{{provider.Arn}}"}""",
                "sts:AssumeRoleWithWebIdentity",
                $$$"""{"StringEquals":{"{{{provider.Name}}}:aud":"sts.amazonaws.com","{{{provider.Name}}}:sub":"job","{{{provider.Name}}}:repository":"tools/shop"}}"""), MayRead),
            (SeededAccess.Role(
                "other", $$"""{"Federated":"{{provider.Arn}}"}""", "sts:AssumeRoleWithWebIdentity", $$$"""{"StringEquals":{"{{{provider.Name}}}:ref":"refs/heads/other"}}"""), MayRead));
        await _server.StartAgainAsync();
    }

    [Fact]
    public async Task An_administrator_is_told_who_they_are_and_takes_a_role()
    {
        var aws = new AwsCli(_server, _home);
        Assert.Equal($"arn:aws:iam::{GranaryServer.Account}:user/admin", (string?)(await aws.RunServiceAsync("sts", "get-caller-identity"))["Arn"]);

        var session = As((await aws.RunServiceAsync("sts", "assume-role", "--role-arn", Reader, "--role-session-name", "me", "--duration-seconds", "900"))["Credentials"]!);

        Assert.Equal($"arn:aws:sts::{GranaryServer.Account}:assumed-role/reader/me", (string?)(await session.RunServiceAsync("sts", "get-caller-identity"))["Arn"]);
        Assert.Single((await session.RunAsync("list-domains"))["domains"]!.AsArray());
        await session.RefusedAsync("AccessDeniedException", "delete-domain", "--domain", GranaryServer.Domain);
        (await aws.TryServiceAsync("sts", "assume-role", "--role-arn", Reader + "s", "--role-session-name", "me")).MustFail("(AccessDenied)");
        (await aws.TryServiceAsync("sts", "assume-role", "--role-arn", Reader, "--role-session-name", "me", "--duration-seconds", "3601")).MustFail("MaxSessionDuration");
        (await aws.TryServiceAsync("sts", "assume-role", "--role-arn", Reader, "--role-session-name", "me", "--policy", "{}")).MustFail("(MalformedPolicyDocument)");
    }

    [Fact]
    public async Task A_job_exchanges_its_token_for_a_session_and_reads_packages_with_it()
    {
        var aws = new AwsCli(_server, _home) { Extra = { ["AWS_SHARED_CREDENTIALS_FILE"] = _home.Write("no-credentials", "") } };
        var token = await _issuer.TokenAsync();

        var answer = await aws.RunServiceAsync(
            "sts", "assume-role-with-web-identity", "--no-sign-request", "--role-arn", Job, "--role-session-name", "build-7", "--web-identity-token", token);
        Assert.Equal("job", (string?)answer["SubjectFromWebIdentityToken"]);
        var packages = await As(answer["Credentials"]!).TokenAsync();
        Assert.Equal(HttpStatusCode.OK, await PingAsync(packages));

        var refused = await aws.TryServiceAsync(
            "sts", "assume-role-with-web-identity", "--no-sign-request", "--role-arn", Job[..^3] + "other", "--role-session-name", "build-7", "--web-identity-token", token);
        refused.MustFail("(AccessDenied)");
        Assert.DoesNotContain(token, refused.Everything, StringComparison.Ordinal);
        (await aws.TryServiceAsync(
            "sts", "assume-role-with-web-identity", "--no-sign-request", "--role-arn", Job, "--role-session-name", "build-7", "--web-identity-token", token[..^8] + "AAAAAAAA")).MustFail("(InvalidIdentityToken)");
    }

    [Fact]
    public async Task A_job_with_a_token_file_and_a_role_in_its_environment_needs_nothing_else()
    {
        Assert.SkipWhen(await AwsCli.IsOldAsync(), "This release of the AWS CLI reads no endpoint for the exchange.");
        var aws = new AwsCli(_server, _home)
        {
            Extra =
            {
                ["AWS_SHARED_CREDENTIALS_FILE"] = _home.Write("no-credentials", ""),
                ["AWS_WEB_IDENTITY_TOKEN_FILE"] = _home.Write("token", await _issuer.TokenAsync()),
                ["AWS_ROLE_ARN"] = Job,
                ["AWS_ROLE_SESSION_NAME"] = "build-8",
            },
        };
        Assert.Equal($"arn:aws:sts::{GranaryServer.Account}:assumed-role/job/build-8", (string?)(await aws.RunServiceAsync("sts", "get-caller-identity"))["Arn"]);
        Assert.Equal(HttpStatusCode.OK, await PingAsync(await aws.TokenAsync()));
    }

    [Fact]
    public async Task With_new_keys_access_keys_sessions_and_tokens_go_on()
    {
        var aws = new AwsCli(_server, _home);
        var session = As((await aws.RunServiceAsync("sts", "assume-role", "--role-arn", Reader, "--role-session-name", "me"))["Credentials"]!);
        var token = await session.TokenAsync();
        (await RotateAsync()).MustFail("Another Granary is running");

        await _server.StopAsync();
        (await RotateAsync()).MustSucceed();
        await _server.StartAgainAsync();

        await aws.RunServiceAsync("sts", "get-caller-identity");
        await session.RunServiceAsync("sts", "get-caller-identity");
        Assert.Equal(HttpStatusCode.OK, await PingAsync(token));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _issuer.DisposeAsync();
        await _source.DisposeAsync();
        _home.Dispose();
    }

    private AwsCli As(JsonNode credentials) => new(_server, _home)
    {
        Extra =
        {
            ["AWS_ACCESS_KEY_ID"] = (string)credentials["AccessKeyId"]!,
            ["AWS_SECRET_ACCESS_KEY"] = (string)credentials["SecretAccessKey"]!,
            ["AWS_SESSION_TOKEN"] = (string)credentials["SessionToken"]!,
        },
    };

    private async Task<HttpStatusCode> PingAsync(string token)
    {
        using var request = _server.Request(HttpMethod.Get, "-/ping", token);
        return (await _server.SendAsync(request)).Status;
    }

    private Task<CommandResult> RotateAsync() =>
        Command.RunAsync(GranaryServer.Program, ["keys", "rotate", "--data", _server.DataDirectory], _home.Path, new Dictionary<string, string>(_home.Environment));
}
