using System.Text.Json;
using Granary.Core.Events.Input;

namespace Granary.Tests.Events.Input;

/// <summary>What a target is told of an event: AWS's own examples, and what its pages leave to find out.</summary>
public sealed class InputTests
{
    private const string Event =
        """
        {"version": "0", "id": "7bf73129", "detail-type": "Instance State-change Notification", "source": "compute", "time": "2015-11-11T21:29:54Z",
         "resources": ["arn:one", "arn:two"],
         "detail": {"instance-id": "i-0123456789", "state": "RUNNING", "count": 3, "none": null, "said": "a \"b\"\nc", "list": [{"n": "x y"}, {"n": 2}], "odd": "\ud800"}}
        """;

    private static readonly InputFacts facts = new("arn:aws:events:us-east-2:123456789012:rule/example", "example", new DateTimeOffset(2015, 11, 11, 21, 30, 0, TimeSpan.Zero));

    private static readonly Dictionary<string, string> paths = new()
    {
        ["instance"] = "$.detail.instance-id",
        ["state"] = "$.detail.state",
        ["count"] = "$.detail.count",
        ["none"] = "$.detail.none",
        ["said"] = "$.detail.said",
        ["detail"] = "$.detail.list",
        ["names"] = "$.detail.list[*].n",
        ["second"] = "$.resources[1]",
        ["missing"] = "$.detail.no.such",
        ["odd"] = "$.detail.odd",
    };

    [Theory]
    [InlineData("$.detail.state", "\"RUNNING\"")]
    [InlineData("$.resources", """["arn:one","arn:two"]""")]
    [InlineData("$.resources[0]", "\"arn:one\"")]
    [InlineData("$.resources[2]", "null")]
    [InlineData("$.detail.list[*].n", """["x y",2]""")]
    [InlineData("$.detail.list[1]", """{"n":2}""")]
    [InlineData("$.detail.none", "null")]
    [InlineData("$.detail.no", "null")]
    [InlineData("$.detail.*.n", "[]")]
    public void A_path_selects_a_part(string path, string expected) => Assert.Equal(expected, InputPath.Parse("t1", path).Render(Read(Event)));

    [Fact]
    public void The_root_is_the_event_without_blanks()
    {
        var whole = InputPath.Parse("t1", "$").Render(Read(Event));
        Assert.DoesNotContain(": ", whole, StringComparison.Ordinal);
        Assert.Contains("\"x y\"", whole, StringComparison.Ordinal);
        Assert.True(JsonElement.DeepEquals(Read(whole).GetProperty("detail").GetProperty("list"), Read(Event).GetProperty("detail").GetProperty("list")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("detail")]
    [InlineData("$detail")]
    [InlineData("$.")]
    [InlineData("$..detail")]
    [InlineData("$['detail']")]
    [InlineData("$.a[-1]")]
    [InlineData("$.a[?(@.b)]")]
    [InlineData("$.a[0")]
    public void What_is_no_path_is_refused(string path)
    {
        Assert.Contains("target t1", Assert.Throws<InvalidInputException>(() => InputPath.Parse("t1", path)).Message, StringComparison.Ordinal);
        Assert.Contains("invalid path", Refused(new() { ["x"] = path }, "\"<x>\""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"instance <instance> is in <state>\"", "\"instance i-0123456789 is in RUNNING\"")]
    [InlineData("\"instance \\\"<instance>\\\" is in <state>\"", "\"instance \\\"i-0123456789\\\" is in RUNNING\"")]
    [InlineData("<instance> is in <state>", "i-0123456789 is in RUNNING")]
    [InlineData("\"<aws.events.rule-name> triggered\"", "\"example triggered\"")]
    [InlineData("\"one <instance>\"\n\"two <missing>\"", "\"one i-0123456789\"\n\"two \"")]
    [InlineData("\"<detail>\"", "\"[{n:x y},{n:2}]\"")]
    [InlineData("\"<said>\"", "\"a \\\"b\\\"\\nc\"")]
    [InlineData("<said>", "a \"b\"\nc")]
    [InlineData("<odd>", "\\ud800")]
    [InlineData("a < b > c <count>", "a < b > c 3")]
    public void Text_templates(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("{\n \"instance\" : <instance>,\n \"state\": <state>\n}", """{"instance":"i-0123456789","state":"RUNNING"}""")]
    [InlineData("""{"instance": <instance>, "state": "<state>", "instanceStatus": "instance \"<instance>\" is in <state>"}""",
        """{"instance":"i-0123456789","state":"RUNNING","instanceStatus":"instance \"i-0123456789\" is in RUNNING"}""")]
    [InlineData("""{"instance": <instance>, "state": [9, <state>, true], "Transformed": "Yes"}""", """{"instance":"i-0123456789","state":[9,"RUNNING",true],"Transformed":"Yes"}""")]
    [InlineData("""{"ruleArn": <aws.events.rule-arn>, "at": <aws.events.event.ingestion-time>}""",
        """{"ruleArn":"arn:aws:events:us-east-2:123456789012:rule/example","at":"2015-11-11T21:30:00Z"}""")]
    [InlineData("""{"a": <missing>, "b": "<missing>", "c": <none>, "d": <count>, "e": "<count> of <none>", "f": <second>}""", """{"a":"","b":"","c":null,"d":3,"e":"3 of null","f":"arn:two"}""")]
    [InlineData("""{"a": <said>, "b": "<said>", "c": "<detail>", "d": <names>}""", """{"a":"a \"b\"\nc","b":"a \"b\"\nc","c":"[{n:x y},{n:2}]","d":["x y",2]}""")]
    public void JSON_templates(string template, string expected) => Assert.Equal(expected, Render(template));

    [Fact]
    public void The_event_as_a_whole()
    {
        var rendered = Read(Render("""{"event": <aws.events.event>, "json": <aws.events.event.json>}"""));
        Assert.True(JsonElement.DeepEquals(Read(InputPath.Parse("t1", "$.resources").Render(Read(Event))), rendered.GetProperty("json").GetProperty("resources")));
        Assert.Equal("RUNNING", rendered.GetProperty("json").GetProperty("detail").GetProperty("state").GetString());
        Assert.False(rendered.GetProperty("event").TryGetProperty("detail", out _));
        Assert.Equal("Instance State-change Notification", rendered.GetProperty("event").GetProperty("detailType").GetString());
    }

    [Theory]
    [InlineData("\"<nosuch>\"", "InputTemplate for target t1 contains invalid placeholder nosuch.")]
    [InlineData("\"<aws.events.nosuch>\"", "InputTemplate for target t1 contains invalid placeholder aws.events.nosuch.")]
    [InlineData("\"<aws.events.event.json>\"", "InputTemplate for target t1 contains placeholder aws.events.event.json valid only for JSON template.")]
    [InlineData("[<aws.events.event.json>]", "InputTemplate for target t1 contains placeholder aws.events.event.json valid only for JSON template.")]
    [InlineData("{\"a\": \"<aws.events.event>\"}", "InputTemplate for target t1 contains placeholder aws.events.event valid only for JSON template.")]
    [InlineData("{<state>: 1}", "InputTemplate for target t1 is not valid JSON.")]
    [InlineData("{\"a\": <state>", "InputTemplate for target t1 is not valid JSON.")]
    [InlineData("", "InputTemplate for target t1 must have 1 to 8192 characters.")]
    public void What_cannot_be_followed_is_refused(string template, string message) => Assert.StartsWith(message, Refused(paths, template), StringComparison.Ordinal);

    [Fact]
    public void Variables_are_counted_and_named()
    {
        Assert.Contains("AWS", Refused(new() { ["aws.events.x"] = "$" }, "\"x\""), StringComparison.Ordinal);
        Assert.Contains("at most 100", Refused(Enumerable.Range(0, 101).ToDictionary(i => $"v{i}", _ => "$"), "\"x\""), StringComparison.Ordinal);
        Assert.Equal("\"x\"", InputTransformer.Parse("t1", null, "\"x\"").Render(Read(Event), facts));
    }

    private static string Render(string template) => InputTransformer.Parse("t1", paths, template).Render(Read(Event), facts);

    private static string Refused(Dictionary<string, string> paths, string template) =>
        Assert.Throws<InvalidInputException>(() => InputTransformer.Parse("t1", paths, template)).Message;

    private static JsonElement Read(string json) => JsonElement.Parse(json);
}
