using System.Text;
using System.Text.Json.Nodes;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Trail;

/// <summary><c>aws cloudtrail lookup-events</c>, as the AWS CLI sends it.</summary>
public sealed class LookupEventsTests
{
    private const string Target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents";

    [Fact]
    public async Task Shows_the_callers_own_last_request_at_once()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools");
        await host.GetAsync("/v1/domain?domain=tools");
        var events = (await LookUpAsync(host, "{}")).Ok().Body["Events"]!.AsArray();
        var found = events.Single(e => (string)e!["EventName"]! == "DescribeDomain")!;
        Assert.Equal(
            ("true", "codeartifact.amazonaws.com", "admin", TestSigner.KeyId),
            ((string)found["ReadOnly"]!, (string)found["EventSource"]!, (string)found["Username"]!, (string)found["AccessKeyId"]!));
        Assert.Equal(TestSigner.Now.ToUnixTimeSeconds(), (long)found["EventTime"]!);
        Assert.Equal(("AWS::CodeArtifact::Domain", "tools"), ((string)found["Resources"]![0]!["ResourceType"]!, (string)found["Resources"]![0]!["ResourceName"]!));
        Assert.Equal((string)found["EventId"]!, (string)JsonNode.Parse((string)found["CloudTrailEvent"]!)!["eventID"]!);
    }

    [Fact]
    public async Task Pages_are_bound_to_their_question()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "one", "two");
        var first = (await LookUpAsync(host, """{"MaxResults":1}""")).Ok();
        var token = first.Text("NextToken");
        Assert.Equal("CreateRepository", first.Each("Events", "EventName").Single());
        var second = (await LookUpAsync(host, $$"""{"MaxResults":2,"NextToken":"{{token}}"}""")).Ok();
        Assert.Equal(["CreateRepository", "CreateDomain"], second.Each("Events", "EventName"));
        IsRefused(await LookUpAsync(host, $$"""{"NextToken":"{{token}}","EndTime":1}"""), "InvalidNextTokenException");
        IsRefused(await LookUpAsync(host, $$"""{"NextToken":"{{token}}"}""", ControlPlaneHost.StrangersKey), "InvalidNextTokenException");
    }

    [Theory]
    [InlineData("""{"MaxResults":51}""", "InvalidMaxResultsException")]
    [InlineData("""{"MaxResults":0}""", "InvalidMaxResultsException")]
    [InlineData("""{"NextToken":"x"}""", "InvalidNextTokenException")]
    [InlineData("""{"StartTime":2,"EndTime":1}""", "InvalidTimeRangeException")]
    [InlineData("""{"StartTime":-1}""", "InvalidTimeRangeException")]
    [InlineData("""{"StartTime":1e300}""", "InvalidTimeRangeException")]
    [InlineData("""{"EventCategory":"insight"}""", "InvalidEventCategoryException")]
    [InlineData("""{"LookupAttributes":[{"AttributeKey":"Colour","AttributeValue":"x"}]}""", "InvalidLookupAttributesException")]
    [InlineData("""{"LookupAttributes":[{"AttributeKey":"EventName"}]}""", "InvalidLookupAttributesException")]
    [InlineData("""{"LookupAttributes":[{"AttributeKey":"ReadOnly","AttributeValue":"perhaps"}]}""", "InvalidLookupAttributesException")]
    [InlineData("""{"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":"a"},{"AttributeKey":"EventName","AttributeValue":"b"}]}""", "InvalidLookupAttributesException")]
    public async Task Refuses_what_CloudTrail_refuses(string body, string error)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        IsRefused(await LookUpAsync(host, body), error);
        var failed = (await LookUpAsync(host, """{"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":"LookupEvents"}]}""")).Ok();
        Assert.Equal(error, (string)JsonNode.Parse((string)failed.Body["Events"]![0]!["CloudTrailEvent"]!)!["errorCode"]!);
    }

    [Fact]
    public async Task Is_decided_by_policies_and_signed()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        IsRefused(await host.SendAsync(Request(host, "{}")), "MissingAuthenticationTokenException", 403);
        var reply = await LookUpAsync(host, "{}", target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.StopLogging");
        IsRefused(reply, "UnknownOperationException");
    }

    private static TestRequest Request(ControlPlaneHost host, string body, string target = Target) =>
        host.Request("POST", "/", body).With(("X-Amz-Target", target));

    private static Task<Reply> LookUpAsync(ControlPlaneHost host, string body, string key = TestSigner.KeyId, string target = Target) =>
        host.SendAsync(Request(host, body, target).Signed(new TestSigner { Key = key, Service = "cloudtrail" }));

    private static void IsRefused(Reply reply, string error, int status = 400)
    {
        Assert.True(reply.Status == status, $"{reply.Status}: {Encoding.UTF8.GetString(reply.Bytes)}");
        Assert.Equal(error, reply.Text("__type"));
        Assert.NotEmpty(reply.Message);
    }
}
