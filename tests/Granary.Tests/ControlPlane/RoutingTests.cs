using System.Net.Sockets;
using System.Text;
using Granary.Core;
using Granary.Formats;
using Granary.Server.ControlPlane;
using Granary.Tests.Authentication;
using Microsoft.AspNetCore.Routing;

namespace Granary.Tests.ControlPlane;

public sealed class RoutingTests
{
    [Theory]
    [InlineData("/v1/Domain?domain=tools")]
    [InlineData("/V1/domain?domain=tools")]
    [InlineData("/v1/domain/?domain=tools")]
    [InlineData("/v1/%64omain?domain=tools")]
    [InlineData("/v1/nothing")]
    [InlineData("/v1/")]
    public async Task Knows_operations_only_by_the_path_that_was_signed(string target)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        (await host.GetAsync(target)).IsInvalid("UNKNOWN_OPERATION");
        (await host.SendAsync(host.Request("GET", target))).Is(403, "MissingAuthenticationTokenException");
    }

    [Theory]
    [InlineData("PATCH")]
    [InlineData("PUT")]
    [InlineData("OPTIONS")]
    public async Task Knows_operations_only_by_their_method(string method)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        (await host.CallAsync(method, "/v1/domain?domain=tools")).IsInvalid("UNKNOWN_OPERATION");
    }

    [Theory]
    [InlineData("/v1/x/../domain?domain=tools")]
    [InlineData("/v1/./domain?domain=tools")]
    [InlineData("/v1//domain?domain=tools")]
    [InlineData("/v1/x/%2e%2e/domain?domain=tools")]
    [InlineData("/v1%2Fdomain?domain=tools")]
    public async Task Refuses_paths_that_can_be_read_in_two_ways(string target)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        // Over a bare socket: no client library tidies the path.
        var request = host.Request("GET", target).Signed();
        using var socket = new TcpClient();
        await socket.ConnectAsync(host.Address.Host, host.Address.Port, TestContext.Current.CancellationToken);
        var lines = string.Concat(request.Headers.Select(h => $"{h.Name}: {h.Value}\r\n"));
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n"), TestContext.Current.CancellationToken);
        var answer = await new StreamReader(socket.GetStream()).ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Matches("^HTTP/1.1 (400|403|404) ", answer);
        Assert.DoesNotContain("encryptionKey", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("domain=tools&domain=tools")]
    [InlineData("domain=other&domain=tools")]
    [InlineData("domain=a%2Fb")]
    [InlineData("domain=tools%00")]
    [InlineData("domain=tools+")]
    [InlineData("domain=tools%20")]
    [InlineData("domain=tools%0A")]
    [InlineData("domain")]
    [InlineData("domain=")]
    [InlineData("Domain=tools")]
    [InlineData("")]
    public async Task Refuses_a_domain_that_is_missing_repeated_or_no_name(string query)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        (await host.GetAsync($"/v1/domain?{query}")).IsInvalid();
    }

    [Theory]
    [InlineData("domain=%74ools")]
    [InlineData("domain=tools&unknown=1&unknown=2")]
    [InlineData("x=%F0%9F%98%80&domain=tools&&")]
    [InlineData("domain=tools&domain-owner=111122223333")]
    public async Task Reads_what_was_signed_and_passes_over_what_it_does_not_know(string query)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        Assert.Equal("tools", (await host.GetAsync($"/v1/domain?{query}")).Ok().Text("domain", "name"));
    }

    [Fact]
    public async Task Accepts_an_empty_body_and_an_empty_object_alike()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        foreach (var body in new[] { "", "{}", " \r\n{ }\n", """{"unknown":[{}],"maxResults":null}""" })
        {
            (await host.PostAsync("/v1/domains", body)).Ok();
            (await host.PostAsync("/v1/packages?domain=tools&repository=shop", body)).Ok();
        }
    }

    [Theory]
    [InlineData("{\"unknown\":\"x\"}")]
    [InlineData("{\"x\":1}")]
    public async Task Refuses_a_body_that_is_not_UTF_8_wherever_the_bytes_are(string body)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var bytes = Encoding.UTF8.GetBytes(body);
        bytes[Array.IndexOf(bytes, (byte)'x')] = 0xff;
        (await host.SendAsync((host.Request("POST", "/v1/domains") with { Body = bytes }).Signed())).IsInvalid("CANNOT_PARSE");
    }

    [Fact]
    public async Task Gives_each_answer_an_id_of_its_own()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var replies = new[] { await host.PostAsync("/v1/domains"), await host.PostAsync("/v1/domains"), await host.GetAsync("/v1/domain?domain=none"), await host.SendAsync(host.Request("GET", "/v1/domain")) };
        Assert.Equal(4, replies.Select(r => r.Header("x-amzn-RequestId")).Distinct().Count());
        Assert.Equal("application/json", replies[0].ContentHeaders.ContentType!.ToString());
    }

    [Fact]
    public async Task Tells_of_authentication_in_AWSs_own_words()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var request = host.Request("POST", "/v1/domains", "{}");
        (await host.SendAsync(request)).Is(403, "MissingAuthenticationTokenException");
        (await host.SendAsync(request.Signed(new TestSigner { Key = "AKIAUNKNOWN000000000" }))).Is(403, "UnrecognizedClientException");
        (await host.SendAsync(request.Signed() with { Body = Encoding.UTF8.GetBytes("{ }") })).Is(403, "InvalidSignatureException");
        (await host.SendAsync(request.Signed() with { Target = "/v1/domains?x=1" })).Is(403, "InvalidSignatureException");
        (await host.SendAsync(request.With(("Authorization", "AWS4-HMAC-SHA256 Credential=x")))).Is(400, "IncompleteSignatureException");
        (await host.SendAsync(request.With(("X-Amz-Security-Token", "abc")).Signed())).Is(403, "UnrecognizedClientException");
        host.Clock.Advance(TimeSpan.FromMinutes(6));
        (await host.SendAsync(request.Signed())).Is(403, "InvalidSignatureException");
    }

    [Fact]
    public async Task Answers_the_same_signed_request_twice_in_the_same_way_or_with_a_conflict()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var create = host.Request("POST", "/v1/domain?domain=tools").Signed();
        (await host.SendAsync(create)).Ok();
        (await host.SendAsync(create)).Is(409, "ConflictException");
        var read = host.Request("GET", "/v1/domain?domain=tools").Signed();
        Assert.Equal((await host.SendAsync(read)).Ok().Bytes, (await host.SendAsync(read)).Ok().Bytes);
    }

    [Fact]
    public async Task Renders_each_kind_of_refusal_as_the_model_has_it()
    {
        var expected = new (Refusal Refusal, int Status, string Error)[]
        {
            (Refusal.Validation("no"), 400, "ValidationException"),
            (Refusal.TooLarge("no"), 400, "ValidationException"),
            (Refusal.NotSupported("no"), 400, "ValidationException"),
            (Refusal.Unauthenticated("no"), 403, "UnrecognizedClientException"),
            (Refusal.Unauthenticated("no", "ExpiredTokenException"), 403, "ExpiredTokenException"),
            (Refusal.Unauthenticated("no", "IncompleteSignatureException"), 400, "IncompleteSignatureException"),
            (Refusal.Blocked("no"), 403, "AccessDeniedException"),
            (Refusal.NotFound("asset", "x", "no"), 404, "ResourceNotFoundException"),
            (Refusal.Conflict("package", "x", "no"), 409, "ConflictException"),
            (Refusal.QuotaExceeded("domain", "x", "no"), 402, "ServiceQuotaExceededException"),
            (Refusal.Throttled("Rate exceeded", TimeSpan.FromSeconds(1.2)), 429, "ThrottlingException"),
            (Refusal.SourceFailed("no"), 500, "InternalServerException"),
            (Refusal.Unavailable("no"), 503, "ServiceUnavailableException"),
            (Refusal.StorageFull(), 503, "ServiceUnavailableException"),
            (Refusal.Bug(), 500, "InternalServerException"),
        };
        Assert.Equal(Enum.GetValues<RefusalKind>(), expected.Select(e => e.Refusal.Kind).Distinct().Order());
        foreach (var (refusal, status, error) in expected)
        {
            var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
            using var body = new MemoryStream();
            context.Response.Body = body;
            await AwsErrors.Dialect.Render(context, refusal);
            Assert.Equal((status, error), (context.Response.StatusCode, context.Response.Headers["x-amzn-ErrorType"].ToString()));
            Assert.Equal(refusal.RetryAfter is null ? "" : Math.Ceiling(refusal.RetryAfter.Value.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture), context.Response.Headers.RetryAfter.ToString());
            var json = System.Text.Json.Nodes.JsonNode.Parse(body.ToArray())!;
            Assert.Equal(refusal.Message, (string)json["message"]!);
            Assert.Equal(refusal.ResourceType, (string?)json["resourceType"]);
        }
    }

    [Fact]
    public async Task Names_an_action_on_every_route_and_each_operation_once()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var routes = host.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Where(e => e.RoutePattern.RawText!.StartsWith("/v1/", StringComparison.Ordinal)).ToList();
        Assert.Equal(Operations.All.Count + 1, routes.Count);
        Assert.All(routes, r => Assert.NotNull(r.Metadata.GetMetadata<Guard>()));
        Assert.All(routes, r => Assert.NotNull(r.Metadata.GetMetadata<Dialect>()));
        var formats = host.Service<EndpointDataSource>().Endpoints.Where(e => e.Metadata.GetMetadata<FormatEndpoint>() is not null).ToList();
        Assert.NotEmpty(formats);
        Assert.All(formats, e => Assert.NotNull(e.Metadata.GetMetadata<Guard>()));
        Assert.Equal(48, Operations.All.Select(o => o.Name).Distinct().Count());
        Assert.Equal(48, Operations.All.Select(o => (o.Method, o.Path)).Distinct().Count());
    }
}
