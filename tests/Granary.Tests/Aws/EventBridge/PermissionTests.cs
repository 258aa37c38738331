using System.Text.Json.Nodes;
using Granary.Server.Aws.EventBridge;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Aws.EventBridge;

/// <summary>Who may do what: each operation is a permission of its own.</summary>
public sealed class PermissionTests
{
    private const string Key = "AKIAEXAMPLE000000009";

    // Enough parameters for every operation: what an operation does not know it passes over.
    private static (string, JsonNode?)[] Parameters =>
    [
        ("Name", "n"), ("Rule", "n"), ("EventPattern", EventCaller.Pattern), ("Targets", new JsonArray(EventCaller.Target("t"))), ("Ids", new JsonArray("t")), ("TargetArn", EventCaller.Queue),
        ("ArchiveName", "n"), ("ReplayName", "n"), ("EventSourceArn", EventCaller.Arn("archive/n")), ("EventStartTime", 1), ("EventEndTime", 2),
        ("Destination", new JsonObject { ["Arn"] = EventCaller.Arn("event-bus/default") }), ("ResourceARN", EventCaller.Arn("rule/n")), ("TagKeys", new JsonArray("k")),
        ("Tags", new JsonArray(new JsonObject { ["Key"] = "k", ["Value"] = "v" })), ("AuthorizationType", "API_KEY"),
        ("AuthParameters", JsonNode.Parse("""{"ApiKeyAuthParameters":{"ApiKeyName":"k","ApiKeyValue":"v"}}""")), ("ConnectionArn", EventCaller.Arn("connection/n/1")),
        ("InvocationEndpoint", "https://api.example/"), ("HttpMethod", "POST"), ("StatementId", "s"), ("Action", "events:PutEvents"), ("Principal", "*"),
        ("Event", """{"id":"1","account":"1","source":"a","time":"t","region":"r","resources":[],"detail-type":"d"}"""),
        ("Entries", new JsonArray(new JsonObject { ["Source"] = "a", ["DetailType"] = "d", ["Detail"] = "{}" })),
    ];

    [Fact]
    public async Task Nothing_is_allowed_or_told_without_permission()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.AddUserAsync(ControlPlaneHost.Owner, "eve", Key);
        var (events, eve) = (new EventCaller(host), new EventCaller(host, Key));
        var absent = new Dictionary<string, string>();
        foreach (var action in EventBridgeService.Actions)
        {
            absent[action.Name] = await eve.RefusedAsync("AccessDeniedException", action.Name, Parameters);
        }

        foreach (var operation in new[] { "PutRule", "CreateConnection" })
        {
            await events.OkAsync(operation, Parameters);
        }

        await events.OkAsync("CreateEventBus", ("Name", "n"));
        await events.OkAsync("CreateArchive", ("ArchiveName", "n"), ("EventSourceArn", EventCaller.Arn("event-bus/default")));
        foreach (var action in EventBridgeService.Actions)
        {
            Assert.Equal(absent[action.Name], await eve.RefusedAsync("AccessDeniedException", action.Name, Parameters));
        }
    }

    [Fact]
    public async Task Each_operation_is_refused_to_who_may_do_all_others_and_allowed_to_who_may_do_it_alone()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var id = await host.AddUserAsync(ControlPlaneHost.Owner, "eve", Key);
        var eve = new EventCaller(host, Key);
        foreach (var action in EventBridgeService.Actions)
        {
            await host.SetPolicyAsync(ControlPlaneHost.Owner, id, $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"events:{{action.Name}}","Resource":"*"}]}""");
            await eve.RefusedAsync("AccessDeniedException", action.Name, Parameters);
            // What is made with tags is tagged, which is a permission of its own.
            await host.SetPolicyAsync(ControlPlaneHost.Owner, id, $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["events:{{action.Name}}","events:TagResource"],"Resource":"*"}]}""");
            var reply = await eve.CallAsync(action.Name, Parameters);
            Assert.True(reply.Status < 500 && (reply.Status == 200 || reply.Text("__type") != "AccessDeniedException"), $"{action.Name}: {reply.Status}");
        }
    }

    [Fact]
    public async Task Permissions_are_for_names_ids_tags_targets_and_sources()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var id = await host.AddUserAsync(ControlPlaneHost.Owner, "eve", Key);
        var (events, eve) = (new EventCaller(host), new EventCaller(host, Key));
        await events.OkAsync("PutRule", ("Name", "red"), ("EventPattern", EventCaller.Pattern), ("Tags", JsonNode.Parse("""[{"Key":"team","Value":"red"}]""")));
        await events.PutRuleAsync("blue");
        var connection = (string)(await events.OkAsync("CreateConnection", Parameters))["ConnectionArn"]!;

        await LetAsync("events:*", EventCaller.Arn("rule/bl*"));
        await eve.OkAsync("DescribeRule", ("Name", "blue"));
        await eve.RefusedAsync("AccessDeniedException", "DescribeRule", ("Name", "red"));
        await eve.RefusedAsync("AccessDeniedException", "ListRules");

        await LetAsync("events:*", "*", """{"StringEquals":{"aws:ResourceTag/team":"red"}}""");
        await eve.OkAsync("DescribeRule", ("Name", "red"));
        await eve.RefusedAsync("AccessDeniedException", "DescribeRule", ("Name", "blue"));

        await LetAsync("events:PutTargets", "*", """{"ArnLike":{"events:TargetArn":"arn:aws:sqs:*:111122223333:*"}}""");
        await eve.OkAsync("PutTargets", ("Rule", "blue"), ("Targets", new JsonArray(EventCaller.Target("t"))));
        await eve.RefusedAsync("AccessDeniedException", "PutTargets", ("Rule", "blue"), ("Targets", new JsonArray(EventCaller.Target("t", "arn:aws:sns:us-east-1:111122223333:t"))));

        await LetAsync("events:PutRule", "*", """{"ForAllValues:StringEquals":{"events:source":"aws.codeartifact"}}""");
        await eve.PutRuleAsync("mine");
        await eve.RefusedAsync("AccessDeniedException", "PutRule", ("Name", "mine"), ("EventPattern", """{"source":["aws.iam"]}"""));

        // A policy names a connection with its id, or without.
        foreach (var (arn, allowed) in new[] { (connection, true), (EventCaller.Arn("connection/n"), true), (EventCaller.Arn("connection/n/other"), false) })
        {
            await LetAsync("events:DescribeConnection", arn);
            Assert.Equal(allowed ? 200 : 400, (await eve.CallAsync("DescribeConnection", ("Name", "n"))).Status);
        }

        Task LetAsync(string action, string resource, string condition = "{}") => host.SetPolicyAsync(
            ControlPlaneHost.Owner, id, $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"{{action}}","Resource":"{{resource}}","Condition":{{condition}}}]}""");
    }
}
