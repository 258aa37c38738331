using Granary.Server.Authentication;

namespace Granary.Tests.ControlPlane;

public sealed class TokenOperationsTests
{
    [Theory]
    [InlineData("", 43200)]
    [InlineData("&duration=0", 43200)]
    [InlineData("&duration=900", 900)]
    [InlineData("&duration=43200", 43200)]
    public async Task Issues_a_token_that_names_caller_domain_and_expiry(string query, int seconds)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        var reply = (await host.PostAsync($"/v1/authorization-token?domain=tools{query}", "{}")).Ok();
        var expiration = host.Clock.GetUtcNow().ToUnixTimeSeconds() + seconds;
        Assert.Equal(expiration, (double)reply.At("expiration")!);
        Assert.Equal("no-store", reply.Header("Cache-Control"));

        var tokens = host.Service<AuthorizationTokens>();
        var token = tokens.Verify(reply.Text("authorizationToken"))!;
        Assert.Equal("arn:aws:iam::111122223333:user/admin", token.Principal);
        Assert.Equal(ControlPlaneHost.Owner, token.Account);
        Assert.Equal(expiration, token.ExpiresAt);
        host.Clock.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Null(tokens.Verify(reply.Text("authorizationToken")));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("899")]
    [InlineData("43201")]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData("")]
    [InlineData("+900")]
    [InlineData("9223372036854775808")]
    [InlineData("900&duration=900")]
    [InlineData("%D9%A9%D9%A0%D9%A0")]
    public async Task Refuses_other_durations(string duration)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        (await host.PostAsync($"/v1/authorization-token?domain=tools&duration={duration}")).IsInvalid();
    }

    [Fact]
    public async Task Issues_none_for_a_domain_that_does_not_exist_or_is_anothers()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        (await host.PostAsync("/v1/authorization-token?domain=none")).Is(404, "ResourceNotFoundException").IsAbout("domain", "none");
        (await host.CallAsync("POST", "/v1/authorization-token?domain=tools&domain-owner=111122223333", key: ControlPlaneHost.StrangersKey)).Is(403, "AccessDeniedException");
    }
}
