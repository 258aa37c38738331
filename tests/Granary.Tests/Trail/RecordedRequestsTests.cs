using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Granary.Core.Database;
using Granary.Core.Trail;
using Granary.Server.ControlPlane;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.Trail;

/// <summary>What the trail says of requests that came through the front door.</summary>
public sealed class RecordedRequestsTests
{
    private const string Hidden = TrailRecord.Hidden;
    private static readonly HttpClient Http = new();

    public static TheoryData<string> Names => [.. Operations.All.Select(o => o.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_operation_is_recorded_once_whether_allowed_invalid_denied_or_unauthenticated(string name)
    {
        var operation = Operations.All.Single(o => o.Name == name);
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        await host.PublishAsync("left", "1.0.0", readme: "text");
        await RecordsAsync(host);
        const string Query = "domain=tools&domain-owner=111122223333&repository=shop&format=npm&package=left&version=1.0.0&asset=package.tgz"
            + "&external-connection=public:npmjs&resourceArn=arn%3Aaws%3Acodeartifact%3Aeu-central-1%3A111122223333%3Adomain%2Ftools";
        const string Body = """{"domain":"tools","domainOwner":"111122223333","versions":["1.0.0"],"targetStatus":"Archived","tags":[{"key":"k","value":"v"}],"tagKeys":["k"],"policyDocument":"{}"}""";
        var target = $"{operation.Path}?{Query}";
        var replies = new List<Reply>
        {
            await host.CallAsync(operation.Method, target, Body),
            await host.CallAsync(operation.Method, $"{operation.Path}?domain=%00&resourceArn=x&max-results=none", "{\"domain\":7,\"maxResults\":\"none\"}"),
            await host.CallAsync(operation.Method, target, Body, ControlPlaneHost.StrangersKey),
            await host.SendAsync(host.Request(operation.Method, target, Body)),
        };

        var records = await RecordsAsync(host);
        Assert.Equal(replies.Count, records.DistinctBy(r => (string)r["requestID"]!).Count());
        foreach (var reply in replies)
        {
            var copies = records.Where(r => (string)r["requestID"]! == reply.Header("x-amzn-RequestId")).ToList();
            Assert.NotEmpty(copies);
            Assert.Single(copies.Select(c => (string)c["eventID"]!).Distinct());
            Assert.All(copies, copy =>
            {
                Assert.Equal(("codeartifact.amazonaws.com", name, reply.Error), ((string)copy["eventSource"]!, (string)copy["eventName"]!, (string?)copy["errorCode"]));
                Assert.Equal("127.0.0.1", (string)copy["sourceIPAddress"]!);
                Assert.Equal(
                    name != "GetAuthorizationToken" && (name.StartsWith("Get", StringComparison.Ordinal) || name.StartsWith("List", StringComparison.Ordinal) || name.StartsWith("Describe", StringComparison.Ordinal)),
                    (bool)copy["readOnly"]!);
            });
        }

        var types = records.Select(r => (string)r["userIdentity"]!["type"]!);
        Assert.Equal(["IAMUser", "Unknown"], types.Distinct().Order());
        Assert.Empty(await FaultsAsync(host));
    }

    [Fact]
    public async Task Tells_of_a_change_what_CloudTrail_tells()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var request = host.Request("POST", "/v1/domain?domain=tools", """{"tags":[{"key":"team","value":"a"}]}""").With(("User-Agent", "aws-cli/2 \"x\""));
        var reply = (await host.SendAsync(request.Signed())).Ok();
        var record = Assert.Single(await RecordsAsync(host));
        Assert.Equal("1.11", (string)record["eventVersion"]!);
        Assert.Equal("2026-01-02T03:04:05Z", (string)record["eventTime"]!);
        Assert.Equal(reply.Header("x-amzn-RequestId"), (string)record["requestID"]!);
        Assert.Equal("""{"domainName":"tools","tags":[{"key":"team","value":"a"}]}""", record["requestParameters"]!.ToJsonString());
        Assert.Equal(("eu-central-1", "AwsApiCall", ControlPlaneHost.Owner), ((string)record["awsRegion"]!, (string)record["eventType"]!, (string)record["recipientAccountId"]!));
        var identity = record["userIdentity"]!;
        Assert.Equal(
            ("IAMUser", "arn:aws:iam::111122223333:user/admin", TestSigner.KeyId, "admin"),
            ((string)identity["type"]!, (string)identity["arn"]!, (string)identity["accessKeyId"]!, (string)identity["userName"]!));
        Assert.Equal(8, Guid.Parse((string)record["eventID"]!).Version);
    }

    [Fact]
    public async Task A_request_of_anothers_account_has_a_copy_for_both()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        await RecordsAsync(host);
        await host.CallAsync("GET", "/v1/repository?domain=tools&domain-owner=111122223333&repository=shop", "", ControlPlaneHost.StrangersKey);
        await host.CallAsync("POST", "/v1/domains", "", ControlPlaneHost.StrangersKey);
        var copies = await RecordsAsync(host);
        Assert.Equal(
            [("DescribeRepository", ControlPlaneHost.Owner), ("DescribeRepository", ControlPlaneHost.Stranger), ("ListDomains", ControlPlaneHost.Stranger)],
            copies.Select(c => ((string)c["eventName"]!, (string)c["recipientAccountId"]!)).Order());
        Assert.Contains("is not authorized to perform", (string)copies.First(c => (string)c["eventName"]! == "DescribeRepository")["errorMessage"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_requests_of_package_managers()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        await host.PublishAsync("@team/left", "1.0.0");
        var token = await TokenAsync(host);
        await RecordsAsync(host);
        await NpmAsync(host, token, "GET", "@team%2fleft?write=true");
        await NpmAsync(host, token, "GET", "@team/left/-/left-1.0.0.tgz");
        await NpmAsync(host, token, "GET", "nothing/1.2.3");
        await NpmAsync(host, token, "PUT", "-/package/@team%2fleft/dist-tags/beta", "\"1.0.0\"");
        await NpmAsync(host, token, "PUT", "left-out", "{}");
        await NpmAsync(host, token, "POST", "-/npm/v1/security/advisories/bulk", "{}");
        await NpmAsync(host, token, "PATCH", "@team%2fleft");
        await NpmAsync(host, null, "GET", "@team%2fleft");
        await NpmAsync(host, "forged", "GET", "@team%2fleft");
        await NpmAsync(host, token, "GET", "@team%2fleft", repository: "none");

        var records = (await RecordsAsync(host)).Select(r => (
            Name: (string)r["eventName"]!, Uri: (string)r["additionalEventData"]!["requestUri"]!, Error: (string?)r["errorCode"], Who: (string)r["userIdentity"]!["type"]!)).ToList();
        Assert.Equal(10, records.Count);
        Assert.Contains(("ReadFromRepository", "/npm/@team/left", null, "IAMUser"), records);
        Assert.Contains(("ReadFromRepository", "/npm/@team/left/-/left-1.0.0.tgz", null, "IAMUser"), records);
        Assert.Contains(("ReadFromRepository", "/npm/nothing/1.2.3", "ResourceNotFoundException", "IAMUser"), records);
        Assert.Contains(("PutPackageMetadata", "/npm/-/package/@team/left/dist-tags/beta", null, "IAMUser"), records);
        Assert.Contains(("PutPackageMetadata", "/npm/left-out", "ValidationException", "IAMUser"), records);
        Assert.Contains(("UnknownOperation", "/npm/d/tools-111122223333/shop/-/npm/v1/security/advisories/bulk", "ResourceNotFoundException", "Unknown"), records);
        Assert.Equal(2, records.Count(r => r is { Who: "Unknown", Error: "UnrecognizedClientException" }));
        var all = await AllAsync(host);
        var tarball = all.Single(r => ((string?)r["additionalEventData"]?["requestUri"])?.EndsWith(".tgz", StringComparison.Ordinal) is true);
        Assert.Equal(
            """{"domainName":"tools","domainOwner":"111122223333","repositoryName":"shop","packageFormat":"npm","packageNamespace":"team","packageName":"left","packageVersion":"1.0.0"}""",
            tarball["requestParameters"]!.ToJsonString());
        Assert.True((bool)tarball["readOnly"]!);
        Assert.Empty(await FaultsAsync(host));
    }

    [Fact]
    public async Task Hides_tokens_and_other_secrets()
    {
        const string Canary = "s3cr3t-canary";
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        var token = await TokenAsync(host);
        var canaries = new[] { Canary, token, TestSigner.Secret };
        await NpmAsync(host, token, "GET", $"left?password={Canary}");
        await NpmAsync(host, token, "GET", $"-/user/token/{Canary}");
        await NpmAsync(host, token, "GET", "-/unknown/" + new string('x', 65) + Canary);
        await NpmAsync(host, token, "DELETE", $"-/user/token/{token}");
        await NpmAsync(host, token, "DELETE", $"-/user/token/{token}");
        await NpmAsync(host, token, "PUT", "left", "{\"_attachments\":{\"x\":{\"data\":\"" + Canary + "\"}}}");
        foreach (var (key, secret) in new[] { ("token", "a"), ("WebIdentityToken", "b"), ("userPassword", "c"), ("SECRETkey", "d") })
        {
            await host.PostAsync($"/v1/domains?{key}={Canary}", $$"""{"{{key}}":"{{Canary}}","deep":[{"{{key}}{{secret}}":"{{Canary}}"}]}""");
        }

        await host.SendAsync(host.Request("POST", "/v1/domains").With(("X-Amz-Security-Token", Canary)).Signed());
        await FlushAsync(host);
        var text = string.Concat((await AllAsync(host)).Select(r => r.ToJsonString()));
        Assert.All(canaries, canary => Assert.DoesNotContain(canary, text, StringComparison.Ordinal));
        Assert.Contains($"\"responseElements\":{{\"sessionToken\":\"{Hidden}\"}}", text, StringComparison.Ordinal);
        Assert.Contains("/npm/-/user/token/{token}", text, StringComparison.Ordinal);
        Assert.Contains($"\"deep\":[{{\"tokena\":\"{Hidden}\"}}]", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bounds_what_is_not_to_be_trusted_and_writes_valid_JSON()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var large = new string('é', 20_000);
        await host.PostAsync("/v1/domains?%22%5C%0A=%F0%9F%98%80", $$$"""{"a":"{{{large}}}","b":"\ud800","c":[{{{string.Join(',', Enumerable.Repeat("\"" + new string('x', 1000) + "\"", 300))}}}],"d":{"e":null}}""");
        await host.SendAsync(host.Request("POST", "/v1/domains").With(("User-Agent", new string('u', 5000))).Signed());
        await NpmRawAsync(host, $"/npm/d/tools-999999999999/{new string('r', 2000)}/left");
        await host.SendAsync(host.Request("POST", "/v1/domains", "[[[[").Signed());
        foreach (var record in await RecordsAsync(host))
        {
            Assert.True(record.ToJsonString().Length < 150_000);
            Assert.True(((string?)record["userAgent"])?.Length is null or <= 512);
        }

        Assert.Equal(4, (await AllAsync(host)).Count);
    }

    [Fact]
    public async Task Says_where_a_request_came_from_by_its_connection_alone()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.SendAsync(host.Request("POST", "/v1/domains").With(("X-Forwarded-For", "10.0.0.1"), ("Forwarded", "for=10.0.0.2")).Signed());
        Assert.Equal("127.0.0.1", (string)Assert.Single(await RecordsAsync(host))["sourceIPAddress"]!);
    }

    [Fact]
    public async Task Does_not_record_health_checks_and_addresses_of_nothing()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.SendAsync(host.Request("GET", "/health/ready"));
        await host.SendAsync(host.Request("GET", "/favicon.ico"));
        Assert.Empty(await RecordsAsync(host));
    }

    internal static async Task<string> TokenAsync(ControlPlaneHost host) =>
        (await host.PostAsync("/v1/authorization-token?domain=tools")).Ok().Text("authorizationToken");

    internal static Task NpmAsync(ControlPlaneHost host, string? token, string method, string path, string? body = null, string repository = "shop") =>
        SendAsync(host, token, method, $"/npm/d/tools-111122223333/{repository}/{path}", body);

    private static Task NpmRawAsync(ControlPlaneHost host, string target) => SendAsync(host, null, "GET", target, null);

    private static async Task SendAsync(ControlPlaneHost host, string? token, string method, string target, string? body)
    {
        using var message = new HttpRequestMessage(new HttpMethod(method), new Uri(host.Address, target));
        message.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        message.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await Http.SendAsync(message);
        await response.Content.ReadAsByteArrayAsync();
    }

    /// <summary>What was recorded since the last time, one for each copy.</summary>
    private async Task<List<JsonObject>> RecordsAsync(ControlPlaneHost host)
    {
        await FlushAsync(host);
        return [.. (await AllAsync(host)).Where(r => seen.Add($"{r["eventID"]}{r["recipientAccountId"]}"))];
    }

    private readonly HashSet<string> seen = [];

    internal static async Task FlushAsync(ControlPlaneHost host)
    {
        // A record is handed on behind the answer: the next request of a connection finds it there.
        await host.SendAsync(host.Request("GET", "/health/live"));
        using var barrier = await Http.GetAsync(new Uri(host.Address, "/health/live"));
        await host.Service<TrailQueue>().FlushAsync(default);
    }

    internal static async Task<List<JsonObject>> AllAsync(ControlPlaneHost host)
    {
        var records = new List<JsonObject>();
        await foreach (var line in new TrailExport(host.Service<GranaryDatabase>()).RunAsync(null, null, null, default))
        {
            records.Add(JsonNode.Parse(line)!.AsObject());
        }

        return records;
    }

    private static async Task<List<TrailFault>> FaultsAsync(ControlPlaneHost host)
    {
        var faults = new List<TrailFault>();
        await foreach (var finding in new TrailVerification(host.Service<GranaryDatabase>(), host.Service<TrailSeal>()).RunAsync(default))
        {
            faults.AddRange(finding.Faults);
        }

        return faults;
    }
}
