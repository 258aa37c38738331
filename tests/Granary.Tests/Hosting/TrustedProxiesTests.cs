using System.Net;
using System.Net.Http.Headers;
using Granary.Server.Throttling;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Hosting;

/// <summary>Whose word is taken for where a request comes from. Every request here comes from 127.0.0.1.</summary>
public sealed class TrustedProxiesTests
{
    private const string Elsewhere = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"codeartifact:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.7"}}}]}""";

    [Theory]
    [InlineData("", "203.0.113.7", "127.0.0.1")]
    [InlineData("10.0.0.0/8", "203.0.113.7", "127.0.0.1")]
    [InlineData("127.0.0.1", "203.0.113.7", "203.0.113.7")]
    [InlineData("127.0.0.0/8", "203.0.113.7:4711", "203.0.113.7")]
    [InlineData("127.0.0.1", "2001:db8::7", "2001:db8::7")]
    [InlineData("127.0.0.1", "198.51.100.9, 203.0.113.7", "203.0.113.7")]
    [InlineData("127.0.0.1;10.0.0.0/8", "198.51.100.9, 203.0.113.7, 10.0.0.2, 10.0.0.1", "203.0.113.7")]
    [InlineData("127.0.0.1;10.0.0.0/8", "10.0.0.9, 203.0.113.7, 10.0.0.1", "203.0.113.7")]
    [InlineData("127.0.0.1", "203.0.113.7, unknown", "127.0.0.1")]
    [InlineData("127.0.0.1", "", "127.0.0.1")]
    public async Task The_address_is_the_last_that_nobody_trusts(string trusted, string forwarded, string address)
    {
        await using var host = await StartAsync(trusted);
        var user = await host.AddUserAsync(ControlPlaneHost.Owner, "ann", "AKIAEXAMPLE00000USER");
        await host.SetPolicyAsync(ControlPlaneHost.Owner, user, Elsewhere.Replace("203.0.113.7", address, StringComparison.Ordinal));

        var request = host.Request("POST", "/v1/domains").Signed(new TestSigner { Key = "AKIAEXAMPLE00000USER" });
        var reply = await host.SendAsync(forwarded.Length == 0 ? request : request.With(("X-Forwarded-For", forwarded)));

        Assert.True(reply.Status == 200, $"{reply.Status} {reply.Error}");
    }

    [Theory]
    [InlineData("", "http")]
    [InlineData("10.0.0.0/8", "http")]
    [InlineData("127.0.0.1", "https")]
    public async Task The_scheme_of_addresses_is_the_one_that_a_trusted_proxy_names(string trusted, string scheme)
    {
        await using var host = await StartAsync(trusted);
        await host.CreateDomainAsync("tools", "shop");
        const string Target = "/v1/repository/endpoint?domain=tools&repository=shop&format=npm";

        var reply = await SendAsync(host, host.Request("GET", Target), ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Proto", "https"));

        Assert.StartsWith($"{scheme}://{host.Address.Authority}/npm/", reply.Ok().Text("repositoryEndpoint"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_else_that_a_proxy_forwards_is_read()
    {
        await using var host = await StartAsync("127.0.0.1");
        await host.CreateDomainAsync("tools", "shop");
        var reply = await SendAsync(
            host,
            host.Request("GET", "/v1/repository/endpoint?domain=tools&repository=shop&format=npm"),
            ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Prefix", "/evil"), ("Forwarded", "for=198.51.100.9;host=evil.example;proto=https"));

        Assert.Equal($"http://{host.Address.Authority}/npm/d/tools-{ControlPlaneHost.Owner}/shop/", reply.Ok().Text("repositoryEndpoint"));
    }

    [Fact]
    public async Task The_rate_of_an_address_is_the_clients_and_not_the_proxys()
    {
        await using var host = await StartAsync("127.0.0.1", new Rates { UnauthenticatedRequestsPerAddress = 1 });
        using var http = new HttpClient();
        var seen = new List<HttpStatusCode>();
        foreach (var client in Enumerable.Range(1, 40))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Address, $"/npm/d/tools-{ControlPlaneHost.Owner}/shop/left"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "none");
            request.Headers.Add("X-Forwarded-For", $"203.0.113.{client}");
            seen.Add((await http.SendAsync(request, TestContext.Current.CancellationToken)).StatusCode);
        }

        // Of 40 addresses two may share a bucket, by one chance in twenty; that all do is no chance.
        Assert.True(seen.Count(status => status is HttpStatusCode.Unauthorized) >= 35, string.Join(' ', seen));
    }

    private static Task<ControlPlaneHost> StartAsync(string trusted, Rates? rates = null) =>
        ControlPlaneHost.StartAsync(options: options => options with
        {
            TrustedProxies = [.. trusted.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(text => IPNetwork.Parse(text.Contains('/', StringComparison.Ordinal) ? text : $"{text}/32"))],
            Rates = rates ?? new Rates(),
        });

    // Added by the proxy after the client has signed.
    private static Task<Reply> SendAsync(ControlPlaneHost host, TestRequest request, params (string Name, string Value)[] headers) =>
        host.SendAsync(request.Signed().With(headers));
}
