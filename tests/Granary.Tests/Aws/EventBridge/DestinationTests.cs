using System.Text;
using System.Text.Json.Nodes;
using Granary.Core.Database;
using Granary.Core.Events.Buses;
using Granary.Core.Trail;
using Granary.Server.Aws.EventBridge;
using Granary.Tests.ControlPlane;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Aws.EventBridge;

/// <summary>Connections and API destinations.</summary>
public sealed class DestinationTests
{
    private const string Secret = "s3cret-that-nobody-sees";

    [Theory]
    [InlineData("BASIC", """{"BasicAuthParameters":{"Username":"u","Password":"s3cret-that-nobody-sees"}}""", """{"BasicAuthParameters":{"Username":"u"}}""")]
    [InlineData("API_KEY", """{"ApiKeyAuthParameters":{"ApiKeyName":"X-Key","ApiKeyValue":"s3cret-that-nobody-sees"}}""", """{"ApiKeyAuthParameters":{"ApiKeyName":"X-Key"}}""")]
    [InlineData(
        "OAUTH_CLIENT_CREDENTIALS",
        """{"OAuthParameters":{"ClientParameters":{"ClientID":"c","ClientSecret":"s3cret-that-nobody-sees"},"AuthorizationEndpoint":"https://id.example/token","HttpMethod":"POST","OAuthHttpParameters":{"BodyParameters":[{"Key":"scope","Value":"a","IsValueSecret":false}]}},"InvocationHttpParameters":{"HeaderParameters":[{"Key":"X-S","Value":"s3cret-that-nobody-sees","IsValueSecret":true},{"Key":"X-P","Value":"open"}]}}""",
        """{"OAuthParameters":{"ClientParameters":{"ClientID":"c"},"AuthorizationEndpoint":"https://id.example/token","HttpMethod":"POST","OAuthHttpParameters":{"BodyParameters":[{"Key":"scope","Value":"a","IsValueSecret":false}]}},"InvocationHttpParameters":{"HeaderParameters":[{"Key":"X-S","IsValueSecret":true},{"Key":"X-P","Value":"open","IsValueSecret":false}]}}""")]
    public async Task Secrets_are_kept_sealed_and_never_told(string type, string parameters, string told)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var events = new EventCaller(host);
        var made = await events.OkAsync("CreateConnection", ("Name", "c"), ("AuthorizationType", type), ("AuthParameters", JsonNode.Parse(parameters)));
        Assert.Equal("AUTHORIZED", (string)made["ConnectionState"]!);
        Assert.Matches($"^{EventCaller.Arn("connection/c/")}[0-9a-f-]{{36}}$", (string)made["ConnectionArn"]!);
        var shown = await events.OkAsync("DescribeConnection", ("Name", "c"));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(told), shown["AuthParameters"]), shown.ToJsonString());

        await using var db = host.Service<GranaryDatabase>().Open();
        var row = await db.EventConnections.SingleAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(Secret, Encoding.Latin1.GetString(row.SealedParameters!), StringComparison.Ordinal);
        var opened = host.Service<ConnectionSeal>().Open(row)!;
        Assert.Contains(Secret, new[] { opened.BasicAuthParameters?.Password, opened.ApiKeyAuthParameters?.ApiKeyValue, opened.OAuthParameters?.ClientParameters.ClientSecret });
        await host.Service<TrailQueue>().FlushAsync(CancellationToken.None);
        foreach (var segment in await db.TrailSegments.AsNoTracking().ToListAsync(TestContext.Current.CancellationToken))
        {
            Assert.DoesNotContain(Secret, Encoding.UTF8.GetString(segment.Body), StringComparison.Ordinal);
        }

        var records = await host.Service<TrailLookup>().FindAsync(
            new TrailQuery(ControlPlaneHost.Owner, "EventName", "CreateConnection", DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue), 10, null, CancellationToken.None);
        var record = Assert.Single(records.Events);
        Assert.Equal("events.amazonaws.com", record.Source);
        Assert.Contains("AuthParameters", record.Json, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, record.Json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_is_changed_in_part_deauthorised_and_deleted_when_nothing_uses_it()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var events = new EventCaller(host);
        await CreateAsync(events, "c");
        await events.RefusedAsync("ResourceAlreadyExistsException", "CreateConnection", Basic("c"));
        await events.OkAsync("UpdateConnection", ("Name", "c"), ("Description", "d"), ("AuthParameters", JsonNode.Parse("""{"BasicAuthParameters":{"Username":"other"}}""")));
        var row = (await host.Service<ConnectionStore>().FindAsync(ControlPlaneHost.Owner, "c", CancellationToken.None))!;
        Assert.Equal(new BasicParameters("other", Secret), host.Service<ConnectionSeal>().Open(row)!.BasicAuthParameters);
        Assert.Contains("ApiKeyName", await events.RefusedAsync("ValidationException", "UpdateConnection", ("Name", "c"), ("AuthorizationType", "API_KEY")), StringComparison.Ordinal);

        var connection = (string)(await events.OkAsync("DescribeConnection", ("Name", "c")))["ConnectionArn"]!;
        await events.OkAsync("CreateApiDestination", Destination("d", connection));
        Assert.Equal("ACTIVE", await StateAsync(events));
        await events.RefusedAsync("ValidationException", "DeleteConnection", ("Name", "c"));
        Assert.Equal("DEAUTHORIZED", (string)(await events.OkAsync("DeauthorizeConnection", ("Name", "c")))["ConnectionState"]!);
        Assert.Null((await events.OkAsync("DescribeConnection", ("Name", "c")))["AuthParameters"]);
        Assert.Equal("INACTIVE", await StateAsync(events));
        Assert.Single((await events.OkAsync("ListConnections", ("ConnectionState", "DEAUTHORIZED")))["Connections"]!.AsArray());
        Assert.Empty((await events.OkAsync("ListConnections", ("ConnectionState", "AUTHORIZED")))["Connections"]!.AsArray());
        await events.RefusedAsync("ValidationException", "UpdateConnection", ("Name", "c"), ("AuthParameters", JsonNode.Parse("""{"BasicAuthParameters":{"Username":"other"}}""")));
        await events.OkAsync("DeleteApiDestination", ("Name", "d"));
        await events.OkAsync("DeleteConnection", ("Name", "c"));
        await events.RefusedAsync("ResourceNotFoundException", "DescribeConnection", ("Name", "c"));
        await events.RefusedAsync("ResourceNotFoundException", "CreateApiDestination", Destination("d", connection));
    }

    [Fact]
    public async Task A_destination_is_made_changed_listed_and_a_target()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var (events, stranger) = (new EventCaller(host), EventCaller.Stranger(host));
        var first = await CreateAsync(events, "c");
        var second = await CreateAsync(events, "e");
        var made = await events.OkAsync("CreateApiDestination", Destination("d", first));
        await events.RefusedAsync("ResourceAlreadyExistsException", "CreateApiDestination", Destination("d", first));
        await events.OkAsync("UpdateApiDestination", ("Name", "d"), ("ConnectionArn", second), ("InvocationRateLimitPerSecond", 7));
        var told = await events.OkAsync("DescribeApiDestination", ("Name", "d"));
        Assert.Equal(
            (second, "https://api.example/hook/*", "POST", 7),
            ((string)told["ConnectionArn"]!, (string)told["InvocationEndpoint"]!, (string)told["HttpMethod"]!, (int)told["InvocationRateLimitPerSecond"]!));
        Assert.Single((await events.OkAsync("ListApiDestinations", ("ConnectionArn", second)))["ApiDestinations"]!.AsArray());
        Assert.Empty((await events.OkAsync("ListApiDestinations", ("ConnectionArn", first)))["ApiDestinations"]!.AsArray());

        var arn = (string)made["ApiDestinationArn"]!;
        foreach (var caller in new[] { events, stranger })
        {
            await caller.PutRuleAsync("r");
        }

        await events.OkAsync("PutTargets", ("Rule", "r"), ("Targets", new JsonArray(EventCaller.Target("t", arn))));
        await stranger.RefusedAsync("ResourceNotFoundException", "PutTargets", ("Rule", "r"), ("Targets", new JsonArray(EventCaller.Target("t", arn))));
        await events.RefusedAsync("ResourceNotFoundException", "PutTargets", ("Rule", "r"), ("Targets", new JsonArray(EventCaller.Target("t", $"{arn[..^1]}x"))));
        await stranger.RefusedAsync("ResourceNotFoundException", "CreateApiDestination", Destination("d", first));
        foreach (var endpoint in new[] { "http://api.example/", "ftp://api.example/", "https://user@api.example/", "https://", "nothing" })
        {
            await events.RefusedAsync("ValidationException", "UpdateApiDestination", ("Name", "d"), ("InvocationEndpoint", endpoint));
        }
    }

    [Theory]
    [InlineData("BASIC", """{"BasicAuthParameters":{"Username":"u"}}""")]
    [InlineData("BASIC", """{"ApiKeyAuthParameters":{"ApiKeyName":"k","ApiKeyValue":"v"}}""")]
    [InlineData("BASIC", """{"BasicAuthParameters":{"Username":"a:b","Password":"p"}}""")]
    [InlineData("API_KEY", """{"ApiKeyAuthParameters":{"ApiKeyName":"a b","ApiKeyValue":"v"}}""")]
    [InlineData("OAUTH_CLIENT_CREDENTIALS", """{"OAuthParameters":{"ClientParameters":{"ClientID":"c","ClientSecret":"s"},"AuthorizationEndpoint":"http://id.example","HttpMethod":"POST"}}""")]
    [InlineData("OAUTH_CLIENT_CREDENTIALS", """{"OAuthParameters":{"ClientParameters":{"ClientID":"c","ClientSecret":"s"},"AuthorizationEndpoint":"https://id.example","HttpMethod":"PATCH"}}""")]
    [InlineData("BASIC", """{"BasicAuthParameters":{"Username":"u","Password":"p"},"InvocationHttpParameters":{"HeaderParameters":[{"Key":"a b","Value":"v"}]}}""")]
    [InlineData("BASIC", """{"BasicAuthParameters":{"Username":"u","Password":"p"},"ConnectivityParameters":{"ResourceParameters":{}}}""")]
    [InlineData("DIGEST", """{"BasicAuthParameters":{"Username":"u","Password":"p"}}""")]
    public async Task Parameters_that_do_not_fit_are_refused(string type, string parameters)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await new EventCaller(host).RefusedAsync("ValidationException", "CreateConnection", ("Name", "c"), ("AuthorizationType", type), ("AuthParameters", JsonNode.Parse(parameters)));
    }

    private static (string, JsonNode?)[] Basic(string name) =>
        [("Name", name), ("AuthorizationType", "BASIC"), ("AuthParameters", JsonNode.Parse($$$"""{"BasicAuthParameters":{"Username":"u","Password":"{{{Secret}}}"}}"""))];

    private static (string, JsonNode?)[] Destination(string name, string connection) =>
        [("Name", name), ("ConnectionArn", connection), ("InvocationEndpoint", "https://api.example/hook/*"), ("HttpMethod", "POST")];

    private static async Task<string> CreateAsync(EventCaller events, string name) => (string)(await events.OkAsync("CreateConnection", Basic(name)))["ConnectionArn"]!;

    private static async Task<string> StateAsync(EventCaller events) => (string)(await events.OkAsync("DescribeApiDestination", ("Name", "d")))["ApiDestinationState"]!;
}
