using System.Text.Json.Nodes;
using Granary.Core;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Aws.EventBridge;

/// <summary>Event buses, who may use them, and tags.</summary>
public sealed class BusTests
{
    [Fact]
    public async Task Every_account_has_a_default_bus_and_makes_others()
    {
        await using var host = await ControlPlaneHost.StartAsync(options: o => o with { Quotas = new Quotas { EventBusesPerAccount = 3 } });
        var events = new EventCaller(host);
        Assert.Equal("default", (string)(await events.OkAsync("DescribeEventBus"))["Name"]!);
        var made = await events.OkAsync("CreateEventBus", ("Name", "shop"), ("Description", "d"), ("LogConfig", new JsonObject { ["Level"] = "ERROR" }));
        Assert.Equal((EventCaller.Arn("event-bus/shop"), "ERROR"), ((string)made["EventBusArn"]!, (string)made["LogConfig"]!["Level"]!));
        await events.OkAsync("CreateEventBus", ("Name", "a"));
        await events.RefusedAsync("ResourceAlreadyExistsException", "CreateEventBus", ("Name", "shop"));
        await events.RefusedAsync("ResourceAlreadyExistsException", "CreateEventBus", ("Name", "default"));
        await events.RefusedAsync("LimitExceededException", "CreateEventBus", ("Name", "b"));
        Assert.Equal(["a", "default", "shop"], (await events.OkAsync("ListEventBuses"))["EventBuses"]!.AsArray().Select(b => (string)b!["Name"]!));
        Assert.Equal(["default"], (await events.OkAsync("ListEventBuses", ("NamePrefix", "d")))["EventBuses"]!.AsArray().Select(b => (string)b!["Name"]!));

        // A page that ends before the bus that has no row.
        var page = await events.OkAsync("ListEventBuses", ("Limit", 1));
        page = await events.OkAsync("ListEventBuses", ("Limit", 1), ("NextToken", (string)page["NextToken"]!));
        Assert.Equal("default", (string)page["EventBuses"]!.AsArray().Single()!["Name"]!);

        await events.OkAsync("UpdateEventBus", ("Name", "shop"), ("Description", "e"));
        Assert.Equal("e", (string)(await events.OkAsync("DescribeEventBus", ("Name", "shop")))["Description"]!);
        Assert.Equal("of all", (string)(await events.OkAsync("UpdateEventBus", ("Description", "of all")))["Description"]!);
        Assert.Equal(3, (await events.OkAsync("ListEventBuses"))["EventBuses"]!.AsArray().Count);

        var rule = await events.PutRuleAsync("r", "shop");
        Assert.Equal(EventCaller.Arn("rule/shop/r"), (string)rule["RuleArn"]!);
        await events.RefusedAsync("ValidationException", "DeleteEventBus", ("Name", "shop"));
        await events.OkAsync("DeleteRule", ("Name", "r"), ("EventBusName", "shop"));
        await events.OkAsync("DeleteEventBus", ("Name", "shop"));
        await events.OkAsync("DeleteEventBus", ("Name", "shop"));
        await events.RefusedAsync("ResourceNotFoundException", "DescribeEventBus", ("Name", "shop"));
        await events.RefusedAsync("ValidationException", "DeleteEventBus", ("Name", "default"));
        await events.RefusedAsync("ValidationException", "CreateEventBus", ("Name", "a/b"));
        await events.RefusedAsync("ValidationException", "CreateEventBus", ("Name", "k"), ("KmsKeyIdentifier", "alias/k"));
        await events.RefusedAsync("ResourceNotFoundException", "CreateEventBus", ("Name", "aws.partner/x/y"), ("EventSourceName", "aws.partner/x/y"));
    }

    [Fact]
    public async Task Permissions_are_put_and_removed_statement_by_statement()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var events = new EventCaller(host);
        await events.RefusedAsync("ResourceNotFoundException", "RemovePermission", ("StatementId", "s"));
        await events.OkAsync("PutPermission", ("StatementId", "s"), ("Action", "events:PutEvents"), ("Principal", ControlPlaneHost.Stranger));
        await events.OkAsync("PutPermission", ("StatementId", "t"), ("Action", "events:PutEvents"), ("Principal", "*"),
            ("Condition", new JsonObject { ["Type"] = "StringEquals", ["Key"] = "aws:PrincipalOrgID", ["Value"] = "o-1" }));
        await events.OkAsync("PutPermission", ("StatementId", "s"), ("Action", "events:PutEvents"), ("Principal", ControlPlaneHost.Stranger));
        var policy = JsonNode.Parse((string)(await events.OkAsync("DescribeEventBus"))["Policy"]!)!;
        Assert.Equal(["t", "s"], policy["Statement"]!.AsArray().Select(s => (string)s!["Sid"]!));
        Assert.Equal($"arn:aws:iam::{ControlPlaneHost.Stranger}:root", (string)policy["Statement"]![1]!["Principal"]!["AWS"]!);
        await events.RefusedAsync("ResourceNotFoundException", "RemovePermission", ("StatementId", "u"));
        await events.OkAsync("RemovePermission", ("StatementId", "t"));
        await events.OkAsync("RemovePermission", ("StatementId", "s"));
        Assert.Null((await events.OkAsync("DescribeEventBus"))["Policy"]);
        await events.RefusedAsync("ValidationException", "PutPermission", ("Policy", """{"Statement":[]}"""), ("StatementId", "s"));
        await events.RefusedAsync("ValidationException", "PutPermission", ("Policy", "{"));
        await events.RefusedAsync("PolicyLengthExceededException", "PutPermission", ("Policy", $$"""{"Id":"{{new string('x', 10_240)}}"}"""));
        await events.RefusedAsync("ResourceNotFoundException", "PutPermission", ("EventBusName", "none"), ("StatementId", "s"), ("Action", "events:PutEvents"), ("Principal", "*"));
    }

    [Fact]
    public async Task Another_accounts_bus_is_a_target_only_where_its_policy_lets_it()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var (events, stranger) = (new EventCaller(host), EventCaller.Stranger(host));
        await events.PutRuleAsync("r");
        var target = EventCaller.Target("bus", EventCaller.Arn("event-bus/default", ControlPlaneHost.Stranger));
        await events.RefusedAsync("AccessDeniedException", "PutTargets", ("Rule", "r"), ("Targets", new JsonArray(target.DeepClone())));
        await stranger.OkAsync("PutPermission", ("StatementId", "s"), ("Action", "events:PutEvents"), ("Principal", ControlPlaneHost.Owner));
        await events.OkAsync("PutTargets", ("Rule", "r"), ("Targets", new JsonArray(target.DeepClone())));
        await stranger.OkAsync("RemovePermission", ("RemoveAllPermissions", true));
        await events.RefusedAsync("AccessDeniedException", "PutTargets", ("Rule", "r"), ("Targets", new JsonArray(target.DeepClone())));

        // Nothing but events, whoever lets whom do what.
        await stranger.OkAsync("PutPermission", ("StatementId", "s"), ("Action", "events:PutRule"), ("Principal", "*"));
        await events.RefusedAsync("AccessDeniedException", "PutRule", ("Name", "x"), ("EventPattern", EventCaller.Pattern), ("EventBusName", EventCaller.Arn("event-bus/default", ControlPlaneHost.Stranger)));
    }

    [Fact]
    public async Task Accounts_do_not_see_each_other()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var (events, stranger) = (new EventCaller(host), EventCaller.Stranger(host));
        await events.PutRuleAsync("r");
        Assert.Empty((await stranger.OkAsync("ListRules"))["Rules"]!.AsArray());
        await stranger.RefusedAsync("ResourceNotFoundException", "DescribeRule", ("Name", "r"));
        await stranger.RefusedAsync("AccessDeniedException", "DescribeRule", ("Name", "r"), ("EventBusName", EventCaller.Arn("event-bus/default")));
        await stranger.RefusedAsync("AccessDeniedException", "ListTagsForResource", ("ResourceARN", EventCaller.Arn("rule/r")));
        await stranger.PutRuleAsync("r");
        await stranger.OkAsync("DeleteRule", ("Name", "r"));
        await events.OkAsync("DescribeRule", ("Name", "r"));
    }

    [Fact]
    public async Task Rules_and_buses_have_tags_that_end_with_them()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var events = new EventCaller(host);
        static JsonArray Tags(params string[] keys) => new([.. keys.Select(k => new JsonObject { ["Key"] = k, ["Value"] = "v" })]);
        await events.OkAsync("PutRule", ("Name", "r"), ("EventPattern", EventCaller.Pattern), ("Tags", Tags("a", "b")));
        await events.OkAsync("PutRule", ("Name", "r"), ("EventPattern", EventCaller.Pattern), ("Tags", Tags("ignored")));
        var rule = EventCaller.Arn("rule/r");
        await events.OkAsync("TagResource", ("ResourceARN", rule), ("Tags", Tags("b", "c")));
        await events.OkAsync("UntagResource", ("ResourceARN", rule), ("TagKeys", new JsonArray("a", "z")));
        Assert.Equal(["b", "c"], await KeysAsync(rule));
        await events.OkAsync("CreateEventBus", ("Name", "shop"), ("Tags", Tags("t")));
        Assert.Equal(["t"], await KeysAsync(EventCaller.Arn("event-bus/shop")));
        await events.RefusedAsync("ResourceNotFoundException", "TagResource", ("ResourceARN", EventCaller.Arn("rule/none")), ("Tags", Tags("t")));
        await events.RefusedAsync("ResourceNotFoundException", "ListTagsForResource", ("ResourceARN", EventCaller.Arn("event-bus/none")));
        await events.RefusedAsync("ValidationException", "ListTagsForResource", ("ResourceARN", EventCaller.Arn("archive/a")));
        await events.RefusedAsync("ValidationException", "TagResource", ("ResourceARN", rule), ("Tags", Tags("aws:x")));
        await events.RefusedAsync("ValidationException", "TagResource", ("ResourceARN", rule));
        await events.RefusedAsync("LimitExceededException", "TagResource", ("ResourceARN", rule), ("Tags", Tags([.. Enumerable.Range(0, 50).Select(n => $"k{n}")])));
        await events.OkAsync("DeleteRule", ("Name", "r"));
        await events.PutRuleAsync("r");
        Assert.Empty(await KeysAsync(rule));

        async Task<IEnumerable<string>> KeysAsync(string arn) =>
            (await events.OkAsync("ListTagsForResource", ("ResourceARN", arn)))["Tags"]!.AsArray().Select(t => (string)t!["Key"]!).ToList();
    }
}
