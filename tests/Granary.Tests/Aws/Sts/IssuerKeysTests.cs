using System.Net;
using Granary.Server.Aws.Sts.WebIdentity;
using Microsoft.AspNetCore.Http;

namespace Granary.Tests.Aws.Sts;

/// <summary>How the issuer's keys are come by.</summary>
public sealed class IssuerKeysTests : WebIdentityContext
{
    private const string Failed = "IDPCommunicationError";

    [Fact]
    public async Task Keys_are_fetched_once_an_hour()
    {
        (await ExchangeAsync(Issuer.Token())).Ok();
        Host.Clock.Advance(TimeSpan.FromMinutes(59));
        (await ExchangeAsync(Issuer.Token())).Ok();
        Assert.Equal(2, Issuer.Requests.Count);
        Host.Clock.Advance(TimeSpan.FromMinutes(1));
        (await ExchangeAsync(Issuer.Token())).Ok();
        Assert.Equal(4, Issuer.Requests.Count);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_makes_no_key_new_again_and_lets_none_wait()
    {
        (await ExchangeAsync(Issuer.Token())).Ok();
        await RefusedAsync(Issuer.Token(header: h => h["kid"] = "made-up"));
        Host.Clock.SetBack(TimeSpan.FromHours(2));
        Host.Clock.Advance(TimeSpan.FromSeconds(30));
        Issuer.Rotate("rsa-2");
        (await ExchangeAsync(Issuer.Token(header: h => h["kid"] = "rsa-2"))).Ok();
        Assert.Equal(6, Issuer.Requests.Count);
        Host.Clock.Advance(TimeSpan.FromHours(1));
        (await ExchangeAsync(Issuer.Token(header: h => h["kid"] = "rsa-2"))).Ok();
        Assert.Equal(8, Issuer.Requests.Count);
    }

    [Fact]
    public async Task A_new_key_is_good_at_once_and_an_old_one_no_longer_when_it_is_gone()
    {
        (await ExchangeAsync(Issuer.Token())).Ok();
        var old = Issuer.Token();
        Issuer.Rotate("rsa-2");
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ExchangeAsync(Issuer.Token(header: h => h["kid"] = "rsa-2"))));
        Assert.All(replies, reply => reply.Ok());
        await RefusedAsync(old);
        Assert.Equal(4, Issuer.Requests.Count);
    }

    [Fact]
    public async Task Made_up_keys_do_not_become_requests_to_the_issuer()
    {
        (await ExchangeAsync(Issuer.Token())).Ok();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => RefusedAsync(Issuer.Token(header: h => h["kid"] = $"made-up-{i}"))));
        Assert.Equal(4, Issuer.Requests.Count);
        Host.Clock.Advance(TimeSpan.FromSeconds(30));
        await RefusedAsync(Issuer.Token(header: h => h["kid"] = "made-up"));
        Assert.Equal(6, Issuer.Requests.Count);
        (await ExchangeAsync(Issuer.Token())).Ok();
    }

    [Fact]
    public async Task While_the_issuer_fails_its_last_keys_count_for_some_hours()
    {
        (await ExchangeAsync(Issuer.Token())).Ok();
        Issuer.Instead = Answer(500, "s3cret");
        Host.Clock.Advance(TimeSpan.FromHours(5));
        (await ExchangeAsync(Issuer.Token())).Ok();
        (await ExchangeAsync(Issuer.Token())).Ok();
        Assert.Equal(3, Issuer.Requests.Count);
        Host.Clock.Advance(TimeSpan.FromHours(1));
        await RefusedAsync(Issuer.Token(), Failed);
        Issuer.Instead = null;
        Host.Clock.Advance(TimeSpan.FromSeconds(30));
        (await ExchangeAsync(Issuer.Token())).Ok();
    }

    [Fact]
    public async Task An_issuer_of_which_nothing_is_known_is_asked_again_soon_after_it_failed()
    {
        Issuer.Instead = Answer(503, "");
        await RefusedAsync(Issuer.Token(), Failed);
        await RefusedAsync(Issuer.Token(), Failed);
        Assert.Single(Issuer.Requests);
        Issuer.Instead = null;
        Host.Clock.Advance(TimeSpan.FromSeconds(5));
        (await ExchangeAsync(Issuer.Token())).Ok();
    }

    [Fact]
    public async Task An_issuer_that_is_gone_cannot_be_reached()
    {
        var token = Issuer.Token();
        await Issuer.DisposeAsync();
        Assert.Contains("could not be reached", (await ExchangeAsync(token)).Is(400, Failed)["Message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_issuer_that_does_not_answer_is_given_up_after_five_seconds()
    {
        var asked = new TaskCompletionSource();
        Issuer.Instead = async context =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        var exchange = ExchangeAsync(Issuer.Token());
        await asked.Task;
        Assert.False(exchange.IsCompleted);
        Host.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Contains("5 s", (await exchange).Is(400, Failed)["Message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_issuer_that_drips_is_given_up_after_five_seconds_too()
    {
        var begun = new TaskCompletionSource();
        Issuer.Instead = async context =>
        {
            await context.Response.WriteAsync("{\"issuer\":");
            await context.Response.Body.FlushAsync();
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        var exchange = ExchangeAsync(Issuer.Token());
        await begun.Task;
        Host.Clock.Advance(TimeSpan.FromSeconds(5));
        (await exchange).Is(400, Failed);
    }

    [Fact]
    public async Task A_document_of_more_than_a_mebibyte_is_not_read()
    {
        Issuer.Instead = Answer(200, $"{{\"issuer\":\"{Issuer.Name}\",\"jwks_uri\":\"{Issuer.Name}/keys\",\"pad\":\"{new string('p', 1 << 20)}\"}}");
        Assert.Contains("more than 1048576 bytes", (await ExchangeAsync(Issuer.Token())).Is(400, Failed)["Message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        Issuer.Instead = context =>
        {
            context.Response.Redirect($"{Issuer.Name}/elsewhere");
            return Task.CompletedTask;
        };
        await RefusedAsync(Issuer.Token(), Failed);
        Assert.DoesNotContain("/elsewhere", Issuer.Requests);
    }

    [Theory]
    [InlineData("issuer", "https://other.example")]
    [InlineData("jwks_uri", "http://issuer.example/keys")]
    [InlineData("jwks_uri", "file:///etc/passwd")]
    [InlineData("jwks_uri", "https://user:word@issuer.example/keys")]
    [InlineData("jwks_uri", "https://169.254.169.254/latest/meta-data")]
    [InlineData("jwks_uri", "https://[::ffff:169.254.169.254]/")]
    [InlineData("jwks_uri", "keys")]
    public async Task A_discovery_document_that_leads_elsewhere_is_refused(string member, string value)
    {
        Issuer.ChangeDiscovery = document => document[member] = value;
        await RefusedAsync(Issuer.Token(), Failed);
        Assert.Single(Issuer.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("<html>s3cret</html>")]
    public async Task What_is_no_discovery_document_is_not_repeated(string body)
    {
        Issuer.Instead = Answer(200, body);
        var reply = (await ExchangeAsync(Issuer.Token())).Is(400, Failed);
        Assert.DoesNotContain("s3cret", reply.Root.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_that_are_none_are_passed_over()
    {
        foreach (var broken in new[] { """{"kty":"EC","kid":"a","crv":"P-256","x":"AA","y":"AA"}""", """{"kty":"RSA","kid":"a"}""", """{"kty":"oct","kid":"a","k":"AAAA"}""", """{"kty":"RSA","kid":"a","n":"!!","e":"AQAB"}""", """{"kty":"RSA","kid":"a","n":"3w","e":"AQAB"}""", "{}" })
        {
            Issuer.Keys.Insert(0, System.Text.Json.Nodes.JsonNode.Parse(broken));
        }

        (await ExchangeAsync(Issuer.Token())).Ok();
        await RefusedAsync(Issuer.Token(header: h => h["kid"] = "a"));
    }

    [Theory]
    [InlineData("169.254.169.254", true)]
    [InlineData("::ffff:169.254.169.254", true)]
    [InlineData("64:ff9b::a9fe:a9fe", true)]
    [InlineData("fe80::1", true)]
    [InlineData("fd00:ec2::254", true)]
    [InlineData("10.0.0.1", false)]
    [InlineData("fd00:ec2::255", false)]
    public void Clouds_credentials_are_out_of_reach(string address, bool forbidden) => Assert.Equal(forbidden, IssuerClient.IsForbidden(IPAddress.Parse(address)));

    private static RequestDelegate Answer(int status, string body) => context =>
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body);
    };
}
