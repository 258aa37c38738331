using System.Text;
using System.Text.Json.Nodes;
using Granary.Core.Usage;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Aws.CostExplorer;

/// <summary>GetCostAndUsage, and that it has the figures of <c>granary usage</c>.</summary>
public sealed class CostExplorerTests : IAsyncLifetime
{
    private ControlPlaneHost host = null!;

    public async ValueTask InitializeAsync()
    {
        host = await ControlPlaneHost.StartAsync(options: o => o with { Prices = new PriceSheet { TenThousandRequests = 10 } });
        await host.CreateDomainAsync("tools", "shop");
        await host.PublishAsync("left", "1.0.0");
        await host.Service<StorageMeasurement>().RunAsync(onlyWhenDue: false, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Costs_are_those_of_the_report()
    {
        var reply = (await AskAsync(Question("MONTHLY"))).Ok();
        var result = reply.Body["ResultsByTime"]!.AsArray().Single()!;
        Assert.Equal(("2026-01-01", "2026-02-01", true), ((string)result["TimePeriod"]!["Start"]!, (string)result["TimePeriod"]!["End"]!, (bool)result["Estimated"]!));
        var report = Assert.Single(await host.Service<UsageReport>().RunAsync(
            ControlPlaneHost.Owner, new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), UsageGrouping.None, CancellationToken.None));
        var groups = result["Groups"]!.AsArray().ToDictionary(g => (string)g!["Keys"]![0]!, g => g!["Metrics"]!);
        var requests = groups["eu-central-1-Requests"];
        // The question itself is counted after it is answered.
        Assert.Equal(("2", "Requests"), ((string)requests["UsageQuantity"]!["Amount"]!, (string)requests["UsageQuantity"]!["Unit"]!));
        Assert.Equal(("0.002", "USD"), ((string)requests["UnblendedCost"]!["Amount"]!, (string)requests["UnblendedCost"]!["Unit"]!));
        var storage = groups["eu-central-1-TimedStorage-ByteHrs"];
        Assert.Equal("GB-Mo", (string)storage["UsageQuantity"]!["Unit"]!);
        Assert.Equal(Math.Round(report.StorageGbMonths, 10), decimal.Parse((string)storage["UsageQuantity"]!["Amount"]!, System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(report.StorageGbMonths > 0);
    }

    [Fact]
    public async Task Days_add_up_and_filters_narrow()
    {
        var question = Question("DAILY");
        question["GroupBy"] = null;
        question["Filter"] = JsonNode.Parse("""{"And":[{"Dimensions":{"Key":"SERVICE","Values":["AWS CodeArtifact"]}},{"Not":{"Dimensions":{"Key":"USAGE_TYPE","Values":["eu-central-1-TimedStorage-ByteHrs","eu-central-1-DataTransfer-Out-Bytes"]}}}]}""");
        var results = (await AskAsync(question)).Ok().Body["ResultsByTime"]!.AsArray();
        Assert.Equal(31, results.Count);
        Assert.Equal("2", (string)results[1]!["Total"]!["UsageQuantity"]!["Amount"]!);
        Assert.Equal(("0", "0"), ((string)results[0]!["Total"]!["UsageQuantity"]!["Amount"]!, (string)results[2]!["Total"]!["UnblendedCost"]!["Amount"]!));
        question["Filter"] = JsonNode.Parse("""{"Dimensions":{"Key":"SERVICE","Values":["Amazon S3"]}}""");
        Assert.All((await AskAsync(question)).Ok().Body["ResultsByTime"]!.AsArray(), r => Assert.Equal("0", (string)r!["Total"]!["UsageQuantity"]!["Amount"]!));
    }

    [Fact]
    public async Task Accounts_are_apart_and_policies_decide()
    {
        var foreign = (await AskAsync(Question("MONTHLY"), ControlPlaneHost.StrangersKey)).Ok();
        Assert.Empty(foreign.Body["ResultsByTime"]![0]!["Groups"]!.AsArray());
        await host.AddUserAsync(ControlPlaneHost.Owner, "ann", "AKIAEXAMPLE00000USER");
        Assert.Equal("AccessDeniedException", (await AskAsync(Question("MONTHLY"), "AKIAEXAMPLE00000USER")).Text("__type"));
    }

    [Theory]
    [InlineData("TimePeriod", """{"Start":"2026-02-01","End":"2026-02-01"}""")]
    [InlineData("TimePeriod", """{"Start":"2026-13-01","End":"2026-02-01"}""")]
    [InlineData("TimePeriod", """{"Start":"2020-01-01","End":"2026-02-01"}""")]
    [InlineData("TimePeriod", "null")]
    [InlineData("Granularity", "\"HOURLY\"")]
    [InlineData("Metrics", "[]")]
    [InlineData("Metrics", "[\"Nonsense\"]")]
    [InlineData("GroupBy", """[{"Type":"TAG","Key":"team"}]""")]
    [InlineData("GroupBy", """[{"Type":"DIMENSION","Key":"AZ"}]""")]
    [InlineData("Filter", """{"Tags":{"Key":"team","Values":["a"]}}""")]
    public async Task Refuses_what_it_cannot_answer(string member, string value)
    {
        var question = Question("MONTHLY");
        question[member] = JsonNode.Parse(value);
        var reply = await AskAsync(question);
        Assert.True(reply.Status == 400, Encoding.UTF8.GetString(reply.Bytes));
        Assert.Equal("ValidationException", reply.Text("__type"));
        Assert.NotEmpty(reply.Message);
    }

    private static JsonObject Question(string granularity) => JsonNode.Parse(
        $$"""
        {"TimePeriod":{"Start":"2026-01-01","End":"2026-02-01"},"Granularity":"{{granularity}}","Metrics":["UnblendedCost","UsageQuantity"],"GroupBy":[{"Type":"DIMENSION","Key":"USAGE_TYPE"}]}
        """)!.AsObject();

    private Task<Reply> AskAsync(JsonObject question, string key = TestSigner.KeyId) => host.SendAsync(
        host.Request("POST", "/", question.ToJsonString()).With(("X-Amz-Target", "AWSInsightsIndexService.GetCostAndUsage")).Signed(new TestSigner { Key = key, Service = "ce" }));
}
