using System.Formats.Cbor;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Granary.Server.Aws.CloudWatch;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Aws.CloudWatch;

/// <summary>GetMetricData, GetMetricStatistics and ListMetrics in each of the three ways in which clients ask.</summary>
public sealed class CloudWatchTests : IAsyncLifetime
{
    private const string UserKey = "AKIAEXAMPLE00000USER";
    private static readonly DateTimeOffset Hour = new(2026, 1, 2, 3, 0, 0, TimeSpan.Zero);

    private ControlPlaneHost host = null!;

    public async ValueTask InitializeAsync()
    {
        host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        await host.GetAsync("/v1/repository?domain=tools&repository=shop");
        await host.GetAsync("/v1/repository?domain=tools&repository=shop");
        (await host.GetAsync("/v1/repository?domain=tools&repository=none")).Is(404, "ResourceNotFoundException");
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Statistics_are_the_same_in_JSON_CBOR_and_the_query_protocol()
    {
        var json = (await JsonAsync("GetMetricStatistics", Statistics())).Ok();
        var point = json.Body["Datapoints"]!.AsArray().Single()!;
        Assert.Equal(("Requests", 1_767_322_800L, "Count"), (json.Text("Label"), (long)point["Timestamp"]!, (string)point["Unit"]!));
        // Described twice; when it was made, there was none yet.
        Assert.Equal((2.0, 2.0, 1.0), ((double)point["Sum"]!, (double)point["SampleCount"]!, (double)point["Maximum"]!));
        Assert.Null(point["Average"]);

        var (status, cbor) = await CborAsync("GetMetricStatistics", Statistics());
        Assert.Equal(200, status);
        Assert.Equal(json.Body["Datapoints"]!.ToJsonString(), cbor["Datapoints"]!.ToJsonString());

        var xml = XElement.Parse(await FormAsync(
            $"Action=GetMetricStatistics&Version=2010-08-01&Namespace=AWS%2FCodeArtifact&MetricName=Requests&StartTime=2026-01-02T03%3A00%3A00Z&EndTime=2026-01-02T04%3A00%3A00Z&Period=3600"
            + "&Statistics.member.1=Sum&Statistics.member.2=SampleCount&Dimensions.member.1.Name=DomainName&Dimensions.member.1.Value=tools&Dimensions.member.2.Name=RepositoryName&Dimensions.member.2.Value=shop"));
        XNamespace space = "http://monitoring.amazonaws.com/doc/2010-08-01/";
        var member = xml.Element(space + "GetMetricStatisticsResult")!.Element(space + "Datapoints")!.Elements(space + "member").Single();
        Assert.Equal(("2", "2026-01-02T03:00:00Z"), (member.Element(space + "Sum")!.Value, member.Element(space + "Timestamp")!.Value));
    }

    [Fact]
    public async Task A_domain_holds_its_repositories_and_errors_are_told_apart()
    {
        Assert.Equal(1, await SumAsync("4xxErrors", ("DomainName", "tools")));
        // The repository was made, described twice, and one was asked for that is not there.
        Assert.Equal(4, await SumAsync("Requests", ("DomainName", "tools")));
        Assert.Equal(0, await SumAsync("Requests", ("DomainName", "other")));
        Assert.Equal(0, await SumAsync("Requests", ("RepositoryName", "shop")));
        Assert.Equal(0, await SumAsync("Nonsense", ("DomainName", "tools")));
    }

    [Fact]
    public async Task Data_come_in_pages_from_the_newest_and_are_bound_to_their_question()
    {
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        await host.Service<Core.Usage.UsageWriter>().FlushAsync(CancellationToken.None);
        await host.GetAsync("/v1/repository?domain=tools&repository=shop");
        var queries = Data(60);
        queries["MaxDatapoints"] = 1;
        var first = (await JsonAsync("GetMetricData", queries)).Ok();
        var result = first.Body["MetricDataResults"]!.AsArray().Single()!;
        Assert.Equal(("m1", "PartialData", Hour.AddMinutes(5).ToUnixTimeSeconds()), ((string)result["Id"]!, (string)result["StatusCode"]!, (long)result["Timestamps"]![0]!));
        queries["NextToken"] = first.Text("NextToken");
        var second = (await JsonAsync("GetMetricData", queries)).Ok();
        result = second.Body["MetricDataResults"]!.AsArray().Single()!;
        Assert.Equal(("Complete", Hour.AddMinutes(4).ToUnixTimeSeconds(), 2.0), ((string)result["StatusCode"]!, (long)result["Timestamps"]![0]!, (double)result["Values"]![0]!));
        Assert.Null(second.At("NextToken"));

        queries["ScanBy"] = "TimestampAscending";
        await RefusedAsync("InvalidNextToken", "GetMetricData", queries);
        Assert.Equal(400, (await JsonAsync("GetMetricData", queries, ControlPlaneHost.StrangersKey)).Status);
    }

    [Fact]
    public async Task Metrics_are_listed_once_they_have_been_seen_and_for_their_account_alone()
    {
        async Task<string[]> ListAsync(string filter, string key = TestSigner.KeyId) =>
            [.. (await JsonAsync("ListMetrics", JsonNode.Parse(filter)!.AsObject(), key)).Ok().Body["Metrics"]!.AsArray().Select(m =>
                $"{m!["MetricName"]} {string.Join(' ', m["Dimensions"]!.AsArray().Select(d => (string)d!["Value"]!))}")];

        Assert.Equal(["Requests tools", "Requests tools shop"], await ListAsync("""{"Namespace":"AWS/CodeArtifact","MetricName":"Requests"}"""));
        Assert.Equal(["Requests tools shop"], await ListAsync("""{"MetricName":"Requests","Dimensions":[{"Name":"RepositoryName"}]}"""));
        Assert.Empty(await ListAsync("""{"Namespace":"AWS/S3"}"""));
        Assert.Empty(await ListAsync("""{"Namespace":"AWS/CodeArtifact"}""", ControlPlaneHost.StrangersKey));
        var foreign = await JsonAsync("GetMetricStatistics", Statistics(), ControlPlaneHost.StrangersKey);
        Assert.Empty(foreign.Ok().Body["Datapoints"]!.AsArray());
    }

    [Theory]
    [InlineData("Period", "90", "InvalidParameterValue")]
    [InlineData("Period", "60.5", "ValidationError")]
    [InlineData("Period", "null", "MissingParameter")]
    [InlineData("StartTime", "1767326400", "InvalidParameterValue")]
    [InlineData("StartTime", "null", "MissingParameter")]
    [InlineData("StartTime", "0", "InvalidParameterCombination")]
    [InlineData("EndTime", "1e300", "InvalidParameterValue")]
    [InlineData("Statistics", "null", "MissingParameter")]
    [InlineData("Statistics", "[\"Median\"]", "ValidationError")]
    [InlineData("ExtendedStatistics", "[\"p99\"]", "InvalidParameterValue")]
    [InlineData("Namespace", "null", "ValidationError")]
    [InlineData("Dimensions", "[{\"Name\":\"DomainName\",\"Value\":\"a\"},{\"Name\":\"DomainName\",\"Value\":\"b\"}]", "InvalidParameterValue")]
    public async Task Refuses_what_CloudWatch_refuses(string member, string value, string code)
    {
        var question = Statistics();
        question[member] = JsonNode.Parse(value);
        var reply = await JsonAsync("GetMetricStatistics", question);
        Assert.True(reply.Status == 400, Encoding.UTF8.GetString(reply.Bytes));
        Assert.Equal($"{code};Sender", reply.Header("x-amzn-query-error"));
        Assert.NotEmpty(reply.Message);
    }

    [Theory]
    [InlineData("""{"Id":"M1","MetricStat":{"Metric":{"Namespace":"a","MetricName":"b"},"Period":60,"Stat":"Sum"}}""")]
    [InlineData("""{"Id":"m1","Expression":"m2+1"}""")]
    [InlineData("""{"Id":"m1"}""")]
    [InlineData("""{"Id":"m1","MetricStat":{"Metric":{"Namespace":"a","MetricName":"b"},"Period":60,"Stat":"p99"}}""")]
    public async Task Refuses_queries_that_it_cannot_answer(string query)
    {
        var question = Data(60);
        question["MetricDataQueries"] = new JsonArray(JsonNode.Parse(query));
        await RefusedAsync("ValidationError", "GetMetricData", question);
    }

    [Fact]
    public async Task Is_decided_by_policies_in_each_protocol()
    {
        var user = await host.AddUserAsync(ControlPlaneHost.Owner, "ann", UserKey);
        await host.SetPolicyAsync(ControlPlaneHost.Owner, user, """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"cloudwatch:GetMetricStatistics","Resource":"*"}]}""");
        Assert.Equal("AccessDenied;Sender", (await JsonAsync("GetMetricStatistics", Statistics(), UserKey)).Header("x-amzn-query-error"));
        Assert.Equal(403, (await CborAsync("GetMetricStatistics", Statistics(), UserKey)).Status);
        await host.SetPolicyAsync(ControlPlaneHost.Owner, user, """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cloudwatch:GetMetricStatistics","Resource":"*"}]}""");
        (await JsonAsync("GetMetricStatistics", Statistics(), UserKey)).Ok();
        Assert.Equal(403, (await JsonAsync("ListMetrics", [], UserKey)).Status);
        Assert.Equal(403, (await host.SendAsync(host.Request("POST", "/", "{}").With(("X-Amz-Target", $"{CloudWatchWire.ServiceName}.ListMetrics")))).Status);
        await RefusedAsync("InvalidAction", "PutMetricData", []);
    }

    [Theory]
    [InlineData("ff")]
    [InlineData("a1")]
    [InlineData("a16141ff")]
    [InlineData("00")]
    [InlineData("a16141f97e00")]
    public async Task A_body_that_is_no_CBOR_is_refused(string hex)
    {
        var request = host.Request("POST", $"/service/{CloudWatchWire.ServiceName}/operation/ListMetrics") with { Body = Convert.FromHexString(hex) };
        var reply = await host.SendAsync(request.Signed(new TestSigner { Service = "monitoring" }));
        Assert.Equal(400, reply.Status);
        Assert.Equal("rpc-v2-cbor", reply.Header("smithy-protocol"));
    }

    private static JsonObject Statistics() => JsonNode.Parse(
        """
        {"Namespace":"AWS/CodeArtifact","MetricName":"Requests","Dimensions":[{"Name":"DomainName","Value":"tools"},{"Name":"RepositoryName","Value":"shop"}],
         "StartTime":1767322800,"EndTime":1767326400,"Period":3600,"Statistics":["Sum","SampleCount","Maximum"]}
        """)!.AsObject();

    private static JsonObject Data(int period) => JsonNode.Parse(
        $$$"""
        {"MetricDataQueries":[{"Id":"m1","MetricStat":{"Metric":{"Namespace":"AWS/CodeArtifact","MetricName":"Requests",
          "Dimensions":[{"Name":"DomainName","Value":"tools"},{"Name":"RepositoryName","Value":"shop"}]},"Period":{{{period}}},"Stat":"Sum"}}],
         "StartTime":1767322800,"EndTime":1767326400}
        """)!.AsObject();

    private async Task<double> SumAsync(string metric, params (string Name, string Value)[] dimensions)
    {
        var question = Statistics();
        question["MetricName"] = metric;
        question["Dimensions"] = new JsonArray([.. dimensions.Select(d => new JsonObject { ["Name"] = d.Name, ["Value"] = d.Value })]);
        return (await JsonAsync("GetMetricStatistics", question)).Ok().Body["Datapoints"]!.AsArray().Sum(p => (double)p!["Sum"]!);
    }

    private async Task RefusedAsync(string code, string operation, JsonObject question)
    {
        var reply = await JsonAsync(operation, question);
        Assert.Equal((400, $"{code};Sender"), (reply.Status, reply.Header("x-amzn-query-error")));
        Assert.NotEmpty(reply.Message);
    }

    private Task<Reply> JsonAsync(string operation, JsonObject question, string key = TestSigner.KeyId) => host.SendAsync(
        host.Request("POST", "/", question.ToJsonString()).With(("X-Amz-Target", $"{CloudWatchWire.ServiceName}.{operation}")).Signed(new TestSigner { Key = key, Service = "monitoring" }));

    private async Task<string> FormAsync(string form)
    {
        var reply = await host.SendAsync(host.Request("POST", "/", form).Signed(new TestSigner { Service = "monitoring" }));
        return Encoding.UTF8.GetString(reply.Bytes);
    }

    private async Task<(int Status, JsonObject Body)> CborAsync(string operation, JsonObject question, string key = TestSigner.KeyId)
    {
        var writer = new CborWriter();
        Write(writer, question, "");
        var request = host.Request("POST", $"/service/{CloudWatchWire.ServiceName}/operation/{operation}") with { Body = writer.Encode() };
        var reply = await host.SendAsync(request.Signed(new TestSigner { Key = key, Service = "monitoring" }));
        return (reply.Status, Read(new CborReader(reply.Bytes))!.AsObject());
    }

    private static void Write(CborWriter writer, JsonNode node, string name)
    {
        switch (node)
        {
            case JsonObject members:
                writer.WriteStartMap(members.Count);
                foreach (var (key, member) in members)
                {
                    writer.WriteTextString(key);
                    Write(writer, member!, key);
                }

                writer.WriteEndMap();
                break;
            case JsonArray items:
                // As some clients write lists: without their length.
                writer.WriteStartArray(null);
                foreach (var item in items)
                {
                    Write(writer, item!, name);
                }

                writer.WriteEndArray();
                break;
            case JsonValue number when number.TryGetValue<long>(out var value):
                if (name.EndsWith("Time", StringComparison.Ordinal))
                {
                    writer.WriteTag(CborTag.UnixTimeSeconds);
                    writer.WriteDouble(value);
                }
                else
                {
                    writer.WriteInt64(value);
                }

                break;
            default:
                writer.WriteTextString((string)node!);
                break;
        }
    }

    private static JsonNode? Read(CborReader reader)
    {
        switch (reader.PeekState())
        {
            case CborReaderState.StartMap:
                var members = new JsonObject();
                reader.ReadStartMap();
                while (reader.PeekState() is not CborReaderState.EndMap)
                {
                    members.Add(reader.ReadTextString(), Read(reader));
                }

                reader.ReadEndMap();
                return members;
            case CborReaderState.StartArray:
                var items = new JsonArray();
                reader.ReadStartArray();
                while (reader.PeekState() is not CborReaderState.EndArray)
                {
                    items.Add(Read(reader));
                }

                reader.ReadEndArray();
                return items;
            case CborReaderState.Tag:
                reader.ReadTag();
                return Read(reader);
            case CborReaderState.DoublePrecisionFloat:
                return JsonNode.Parse(reader.ReadDouble().ToString("R", CultureInfo.InvariantCulture));
            case CborReaderState.TextString:
                return reader.ReadTextString();
            default:
                return reader.ReadInt64();
        }
    }
}
