using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.ControlPlane;

public sealed class AuthenticationTests(SharedServer shared)
{
    private const string Path = "/v1/domain";
    private const string Query = "domain=my-domain";

    [Fact]
    public async Task A_well_signed_request_is_answered()
    {
        var answer = await new SignedRequest(shared.Server).SendAsync(HttpMethod.Get, Path, Query);

        Assert.Equal(GranaryServer.Domain, answer.Must(HttpStatusCode.OK).Json["domain"]!["name"]!.GetValue<string>());
        Assert.True(answer.Headers.Contains("x-amzn-RequestId"));
    }

    [Theory]
    [InlineData(-299, true)]
    [InlineData(295, true)]
    [InlineData(-305, false)]
    [InlineData(305, false)]
    [InlineData(86_400, false)]
    public async Task A_clock_may_be_five_minutes_wrong(int seconds, bool accepted)
    {
        var answer = await new SignedRequest(shared.Server) { ClockAhead = TimeSpan.FromSeconds(seconds) }.SendAsync(HttpMethod.Get, Path, Query);

        answer.Must(accepted ? HttpStatusCode.OK : HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_wrong_secret_an_unknown_key_another_body_and_no_signature_are_refused()
    {
        var secret = await new SignedRequest(shared.Server) { Secret = "wrong" }.SendAsync(HttpMethod.Get, Path, Query);
        var key = await new SignedRequest(shared.Server) { AccessKey = "AKIAAAAAAAAAAAAAAAAA" }.SendAsync(HttpMethod.Get, Path, Query);
        var body = await new SignedRequest(shared.Server) { SignedBody = "{}" }.SendAsync(HttpMethod.Post, "/v1/domains", body: """{"maxResults":1}""");
        using var plain = shared.Server.Request(HttpMethod.Get, $"{Path}?{Query}", null, shared.Server.Http);
        var unsigned = await shared.SendAsync(plain);

        Assert.Equal("InvalidSignatureException", Error(secret.Must(HttpStatusCode.Forbidden)));
        Assert.Equal("UnrecognizedClientException", Error(key.Must(HttpStatusCode.Forbidden)));
        Assert.Equal(HttpStatusCode.Forbidden, body.Status);
        Assert.Equal("MissingAuthenticationTokenException", Error(unsigned.Must(HttpStatusCode.Forbidden)));
        Assert.DoesNotContain("wrong", secret.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_CLI_with_a_wrong_secret_is_told_so()
    {
        using var home = new ClientHome();
        var credentials = home.Write(
            "credentials",
            string.Join('\n', File.ReadAllLines(System.IO.Path.Combine(shared.Server.DataDirectory, "aws", "credentials"))
                .Select(line => line.StartsWith("aws_secret_access_key", StringComparison.Ordinal) ? line[..^4] + "AAAA" : line)));
        var aws = new AwsCli(shared.Server, home) { Extra = { ["AWS_SHARED_CREDENTIALS_FILE"] = credentials } };

        await aws.RefusedAsync("InvalidSignatureException", "list-domains");
    }

    [Theory]
    [InlineData("900", true)]
    [InlineData("43200", true)]
    [InlineData("0", true)]
    [InlineData("899", false)]
    [InlineData("43201", false)]
    public async Task A_token_lasts_as_long_as_it_is_asked_to_within_the_limits(string seconds, bool accepted)
    {
        string[] call = ["get-authorization-token", "--domain", GranaryServer.Domain, "--duration-seconds", seconds];
        if (accepted)
        {
            Assert.NotEqual("", (await shared.Aws.RunAsync(call))["authorizationToken"]!.GetValue<string>());
        }
        else
        {
            await shared.Aws.RefusedAsync("ValidationException", call);
        }
    }

    [Fact]
    public async Task The_data_plane_takes_a_token_as_Bearer_or_as_the_password_and_nothing_else()
    {
        var basic = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes("aws:" + shared.Token));
        Assert.Equal(HttpStatusCode.OK, await PingAsync($"Bearer {shared.Token}"));
        Assert.Equal(HttpStatusCode.OK, await PingAsync($"Basic {basic}"));

        Assert.Equal(HttpStatusCode.Unauthorized, await PingAsync(null));
        Assert.Equal(HttpStatusCode.Unauthorized, await PingAsync("Bearer "));
        Assert.Equal(HttpStatusCode.Unauthorized, await PingAsync("Bearer not-a-token"));
        Assert.Equal(HttpStatusCode.Unauthorized, await PingAsync($"Bearer {shared.Token}x"));
        Assert.Equal(HttpStatusCode.Unauthorized, await PingAsync("Basic !!!"));
        Assert.Equal(HttpStatusCode.Unauthorized, await PingAsync($"Basic {shared.Token}"));
        using var query = shared.Server.Request(HttpMethod.Get, $"-/ping?token={shared.Token}&access_token={shared.Token}", null);
        (await shared.SendAsync(query)).Must(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Neither_token_nor_secret_is_ever_in_the_log()
    {
        await PingAsync($"Bearer {shared.Token}");
        await new SignedRequest(shared.Server) { Secret = "wrong" }.SendAsync(HttpMethod.Get, Path, Query);
        var secret = File.ReadAllLines(System.IO.Path.Combine(shared.Server.DataDirectory, "aws", "credentials"))
            .First(line => line.StartsWith("aws_secret_access_key", StringComparison.Ordinal)).Split('=', 2)[1].Trim();

        var log = shared.Server.ReadLog();

        Assert.DoesNotContain(shared.Token, log, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, log, StringComparison.Ordinal);
    }

    private static string Error(Answer answer) => answer.Headers.GetValues("x-amzn-ErrorType").Single();

    private async Task<HttpStatusCode> PingAsync(string? authorization)
    {
        using var request = shared.Server.Request(HttpMethod.Get, "-/ping", null);
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return (await shared.SendAsync(request)).Status;
    }
}
