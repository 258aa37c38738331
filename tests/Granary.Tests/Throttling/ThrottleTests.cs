using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text.Json.Nodes;
using Granary.Server.Throttling;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Throttling;

/// <summary>
/// Rates through the front door. Buckets fill by the machine's own clock: a test sends so many requests that not even a slow machine
/// spreads them over as many seconds.
/// </summary>
public sealed class ThrottleTests
{
    private const int Many = 200;

    private static readonly HttpClient Http = new();

    public static TheoryData<string> Operations =>
        [.. typeof(Rates).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(rate => rate.Name).Where(name => name is not ("ReadsPerAccount" or "WritesPerAccount" or "RequestsPerToken" or "UnauthenticatedRequestsPerAddress"))];

    [Theory]
    [MemberData(nameof(Operations))]
    public void Every_operation_with_a_rate_of_its_own_is_counted_under_its_name(string name)
    {
        var rates = new Rates();
        typeof(Rates).GetProperty(name)!.SetValue(rates, 1);
        Assert.Equal([(name, 1)], rates.OfOperations());
    }

    [Fact]
    public async Task An_operation_over_its_rate_is_refused_to_its_account_and_to_nobody_else()
    {
        await using var host = await StartAsync(new Rates { ListPackages = 1 });
        await host.CreateDomainAsync("tools", "shop");
        const string Target = "/v1/packages?domain=tools&repository=shop";
        (await host.PostAsync(Target)).Ok();

        var refused = await UntilRefusedAsync(() => host.PostAsync(Target));

        refused.Is(429, "ThrottlingException");
        Assert.Equal("1", refused.Header("Retry-After"));
        Assert.StartsWith("Rate exceeded: account 111122223333 may make 1 of these requests a second.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Quotas:Rates:ListPackages", refused.Message, StringComparison.Ordinal);
        (await host.GetAsync("/v1/repository?domain=tools&repository=shop")).Ok();
        (await host.CallAsync("POST", Target, key: ControlPlaneHost.StrangersKey)).Is(404, "ResourceNotFoundException");
    }

    [Fact]
    public async Task Writes_and_reads_of_an_account_are_counted_apart_and_nothing_is_done_for_what_is_refused()
    {
        await using var host = await StartAsync(new Rates { WritesPerAccount = 1 });
        var created = 0;
        var refused = await UntilRefusedAsync(async () =>
        {
            var reply = await host.PostAsync($"/v1/domain?domain=domain-{created}");
            created += reply.Status == 200 ? 1 : 0;
            return reply;
        });

        refused.Is(429, "ThrottlingException");
        Assert.Equal(created, (await host.PostAsync("/v1/domains")).Ok().Body["domains"]!.AsArray().Count);
        (await host.CallAsync("POST", "/v1/domain?domain=mine", key: ControlPlaneHost.StrangersKey)).Ok();
    }

    [Fact]
    public async Task A_token_is_no_change()
    {
        await using var host = await StartAsync(new Rates { WritesPerAccount = 1, ReadsPerAccount = 1000, GetAuthorizationToken = 3 });
        (await host.PostAsync("/v1/domain?domain=tools")).Ok();
        var got = 0;
        var refused = await UntilRefusedAsync(async () =>
        {
            var reply = await host.PostAsync("/v1/authorization-token?domain=tools");
            got += reply.Status == 200 ? 1 : 0;
            return reply;
        });

        Assert.Contains("Quotas:Rates:GetAuthorizationToken", refused.Is(429, "ThrottlingException").Message, StringComparison.Ordinal);
        Assert.True(got >= 3, $"{got}");
    }

    [Fact]
    public async Task Package_managers_are_told_in_their_own_words_and_each_token_is_counted_apart()
    {
        await using var host = await StartAsync(new Rates { RequestsPerToken = 1 });
        await host.CreateDomainAsync("tools", "shop");
        await host.PublishAsync("left", "1.0.0");
        var (first, second) = (await TokenAsync(host), await TokenAsync(host));

        using var refused = await UntilRefusedAsync(() => SendAsync(host, "GET", "left", first));

        Assert.Equal("1", refused.Headers.GetValues("Retry-After").Single());
        Assert.Contains("Quotas:Rates:RequestsPerToken", (string)JsonNode.Parse(await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!, StringComparison.Ordinal);
        using var other = await SendAsync(host, "GET", "left", second);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Theory]
    [InlineData("GET", "left", "ReadsPerAccount")]
    [InlineData("PUT", "-/package/left/dist-tags/beta", "WritesPerAccount")]
    public async Task Package_managers_and_the_API_share_what_an_account_may(string method, string path, string setting)
    {
        var rates = new Rates();
        typeof(Rates).GetProperty(setting)!.SetValue(rates, 5);
        await using var host = await StartAsync(rates);
        await host.CreateDomainAsync("tools", "shop");
        await host.PublishAsync("left", "1.0.0");
        var token = await TokenAsync(host);

        using var refused = await UntilRefusedAsync(() => SendAsync(host, method, path, token));

        Assert.Contains($"Quotas:Rates:{setting}", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        (await (setting == "ReadsPerAccount" ? host.PostAsync("/v1/domains") : host.PostAsync("/v1/domain?domain=more"))).Is(429, "ThrottlingException");
        (await (setting == "ReadsPerAccount" ? host.PostAsync("/v1/domain?domain=more") : host.PostAsync("/v1/domains"))).Ok();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("no-token")]
    public async Task An_address_without_a_good_token_is_refused_and_a_good_one_gets_through(string? token)
    {
        await using var host = await StartAsync(new Rates { UnauthenticatedRequestsPerAddress = 1 });
        await host.CreateDomainAsync("tools", "shop");
        await host.PublishAsync("left", "1.0.0");
        using var first = await SendAsync(host, "GET", "left", token);
        Assert.Equal(HttpStatusCode.Unauthorized, first.StatusCode);

        using var refused = await UntilRefusedAsync(() => SendAsync(host, "GET", "left", token));

        Assert.Equal("1", refused.Headers.GetValues("Retry-After").Single());
        using var good = await SendAsync(host, "GET", "left", await TokenAsync(host));
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
    }

    [Fact]
    public async Task An_address_without_a_good_signature_is_refused_and_a_good_one_gets_through()
    {
        await using var host = await StartAsync(new Rates { UnauthenticatedRequestsPerAddress = 1 });
        var wrong = new TestSigner { SecretKey = "wrong" };
        (await host.SendAsync(host.Request("POST", "/v1/domains"))).Is(403, "MissingAuthenticationTokenException");

        (await UntilRefusedAsync(() => host.SendAsync(host.Request("POST", "/v1/domains").Signed(wrong)))).Is(429, "ThrottlingException");

        (await host.PostAsync("/v1/domains")).Ok();
        (await host.GetAsync("/granary/v1/explain")).IsInvalid();
    }

    [Fact]
    public async Task Web_identities_are_counted_before_anything_looks_at_their_token()
    {
        await using var host = await StartAsync(new Rates { UnauthenticatedRequestsPerAddress = 1 });
        async Task<HttpResponseMessage> ExchangeAsync()
        {
            using var form = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["Action"] = "AssumeRoleWithWebIdentity", ["Version"] = "2011-06-15", ["RoleArn"] = "arn:aws:iam::111122223333:role/ci", ["RoleSessionName"] = "me", ["WebIdentityToken"] = "none",
            });
            return await Http.PostAsync(host.Address, form);
        }

        using var first = await ExchangeAsync();
        Assert.Contains("<Code>InvalidIdentityToken</Code>", await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var refused = await UntilAsync(ExchangeAsync, reply => reply.Headers.RetryAfter is not null);
        Assert.Contains("Rate exceeded", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public void A_million_addresses_have_a_bounded_number_of_buckets()
    {
        var used = Enumerable.Range(0, 1_000_000).Select(i => Throttle.Bucket(new IPAddress(i))).ToHashSet();
        Assert.InRange(used.Count, 16_000, 1 << 14);
        Assert.Equal(Throttle.Bucket(IPAddress.Parse("203.0.113.7")), Throttle.Bucket(IPAddress.Parse("::ffff:203.0.113.7")));
        // An IPv6 network has one, however many addresses its owner makes up in it.
        Assert.Single(Enumerable.Range(0, 1000).Select(i => Throttle.Bucket(IPAddress.Parse($"2001:db8:0:1:{i:x}::{i:x}"))).Distinct());
        Assert.True(Enumerable.Range(0, 1000).Select(i => Throttle.Bucket(IPAddress.Parse($"2001:db8:0:{i:x}::1"))).Distinct().Count() > 900);
    }

    [Fact]
    public async Task Nothing_is_refused_where_no_rate_is_set()
    {
        await using var host = await StartAsync(new Rates());
        for (var i = 0; i < 200; i++)
        {
            (await host.SendAsync(host.Request("POST", "/v1/domains"))).Is(403, "MissingAuthenticationTokenException");
            (await host.PostAsync("/v1/domains")).Ok();
        }
    }

    private static Task<ControlPlaneHost> StartAsync(Rates rates) => ControlPlaneHost.StartAsync(options: options => options with { Rates = rates });

    private static Task<Reply> UntilRefusedAsync(Func<Task<Reply>> send) => UntilAsync(send, reply => reply.Status == 429);

    private static Task<HttpResponseMessage> UntilRefusedAsync(Func<Task<HttpResponseMessage>> send) => UntilAsync(send, reply => reply.StatusCode is HttpStatusCode.TooManyRequests);

    private static async Task<T> UntilAsync<T>(Func<Task<T>> send, Func<T, bool> isRefused)
    {
        for (var i = 0; i < Many; i++)
        {
            var reply = await send();
            if (isRefused(reply))
            {
                return reply;
            }
        }

        throw new InvalidOperationException($"None of {Many} requests in a row was refused.");
    }

    private static async Task<string> TokenAsync(ControlPlaneHost host) =>
        (await host.PostAsync("/v1/authorization-token?domain=tools")).Ok().Text("authorizationToken");

    private static async Task<HttpResponseMessage> SendAsync(ControlPlaneHost host, string method, string path, string? token)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(host.Address, $"/npm/d/tools-{ControlPlaneHost.Owner}/shop/{path}"));
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (method == "PUT")
        {
            request.Content = new StringContent("\"1.0.0\"", MediaTypeHeaderValue.Parse("application/json"));
        }

        return await Http.SendAsync(request);
    }
}
