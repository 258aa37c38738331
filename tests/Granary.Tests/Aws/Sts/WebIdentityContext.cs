using System.Text.Json.Nodes;

namespace Granary.Tests.Aws.Sts;

/// <summary>A server, an issuer, a provider for it, and a role <c>ci</c> that trusts the provider.</summary>
public abstract class WebIdentityContext : IAsyncLifetime
{
    internal const string Action = "sts:AssumeRoleWithWebIdentity";

    internal StsHost Host { get; private set; } = null!;

    internal OidcIssuer Issuer { get; private set; } = null!;

    internal string Provider => Issuer.Name["http://".Length..];

    internal string ProviderArn => $"arn:aws:iam::{StsHost.Owner}:oidc-provider/{Provider}";

    public async ValueTask InitializeAsync()
    {
        Host = await StsHost.StartAsync();
        Issuer = await OidcIssuer.StartAsync(Host.Clock);
        await Host.AddProviderAsync(Issuer.Name, "granary\nsts.amazonaws.com");
        await AddRoleAsync("ci", "{}");
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Issuer.DisposeAsync();
        await Host.DisposeAsync();
    }

    internal Task<StsReply> ExchangeAsync(string token, string role = "ci", params (string Name, string Value)[] more) =>
        Host.CallUnsignedAsync("AssumeRoleWithWebIdentity", [("RoleArn", StsHost.RoleArn(role)), ("RoleSessionName", "build"), ("WebIdentityToken", token), .. more]);

    internal Task AddRoleAsync(string name, string condition, string actions = Action, string? policy = null) =>
        Host.AddRoleAsync(name, StsHost.Trust($$"""{"Federated":"{{ProviderArn}}"}""", actions, condition), policy ?? StsHost.Allow("*"));

    /// <summary>The token is refused, and nothing of it is said back.</summary>
    internal async Task RefusedAsync(string token, string error = "InvalidIdentityToken", int status = 400)
    {
        var reply = (await ExchangeAsync(token)).Is(status, error);
        Assert.DoesNotContain("tools/shop", reply.Root.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(token, reply.Root.ToString(), StringComparison.Ordinal);
    }

    internal Task RefusedAsync(Action<JsonObject> claims, string error = "InvalidIdentityToken", int status = 400) => RefusedAsync(Issuer.Token(claims), error, status);
}
