using System.Text.Json.Nodes;
using Granary.Core.Database;
using Granary.Core.Events.Delivery;
using Granary.Tests.Aws.EventBridge;
using Granary.Tests.ControlPlane;
using Granary.Tests.Events.Targets;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Events;

/// <summary>Events that one account's rules hand on to another account's bus: as long as that bus's policy lets them.</summary>
public sealed class BusDeliveryTests
{
    private static readonly string Inbox = EventCaller.Arn("event-bus/inbox", ControlPlaneHost.Stranger);
    private static readonly string Queue = EventCaller.Arn("gone").Replace(":events:", ":sqs:", StringComparison.Ordinal);

    [Fact]
    public async Task A_permission_that_is_taken_back_ends_the_delivery_and_one_that_is_given_again_lets_it_be_redriven()
    {
        await using var hook = await Hook.StartAsync();
        await using var queue = await Receiver.StartAsync();
        await using var host = await StartAsync(hook, queue);
        await AllowAsync(host);
        await PutTargetAsync(host);
        await host.PublishAsync("p", "1.0.0");
        await host.UntilAsync(() => hook.Taken.Count == 1, "It is not handed on.");

        await host.Stranger.OkAsync("RemovePermission", ("EventBusName", "inbox"), ("RemoveAllPermissions", true));
        await host.PublishAsync("p", "1.1.0");
        await host.UntilAsync(() => queue.Requests.Count == 1, "It is not given up.");
        await DemandDeadAsync(host, "let account 111122223333");
        var attributes = JsonNode.Parse(queue.Requests[0].Body)!["MessageAttributes"]!;
        Assert.Equal(("NO_PERMISSIONS", "0", Inbox), (Text("ERROR_CODE"), Text("RETRY_ATTEMPTS"), Text("TARGET_ARN")));
        Assert.Null(attributes["EXHAUSTED_RETRY_CONDITION"]);
        Assert.Single(hook.Taken);

        await AllowAsync(host);
        Assert.Equal(1, await host.DeadLetters.RedriveAsync(new DeadLetterFilter(null, null, null), TestContext.Current.CancellationToken));
        await host.UntilAsync(() => hook.Taken.Count == 2, "It is not handed on again.");
        hook.DemandWhole(2);

        string Text(string name) => (string)attributes[name]!["StringValue"]!;
    }

    [Theory]
    [InlineData("""{"StringEquals":{"events:source":"aws.codeartifact","events:eventBusInvocation":"true"}}""", true)]
    [InlineData("""{"StringEquals":{"events:detail-type":"CodeArtifact Package Version State Change"}}""", true)]
    [InlineData("""{"StringEquals":{"events:detail-type":"Something else"}}""", false)]
    [InlineData("""{"StringEquals":{"events:eventBusInvocation":"false"}}""", false)]
    [InlineData("""{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}""", true)]
    public async Task The_policy_is_asked_about_the_event_itself(string condition, bool isTaken)
    {
        await using var hook = await Hook.StartAsync();
        await using var queue = await Receiver.StartAsync();
        await using var host = await StartAsync(hook, queue);
        await AllowAsync(host);
        await PutTargetAsync(host);
        await PutPolicyAsync(host, $$"""{"AWS":"arn:aws:iam::{{ControlPlaneHost.Owner}}:root"}""", $",\"Condition\":{condition}");

        await host.PublishAsync("p", "1.0.0");

        await host.UntilAsync(() => hook.Taken.Count + queue.Requests.Count == 1, "Nothing became of it.");
        Assert.Equal(isTaken ? 1 : 0, hook.Taken.Count);
    }

    [Fact]
    public async Task A_bus_that_lets_in_a_user_but_not_the_account_is_no_target()
    {
        await using var hook = await Hook.StartAsync();
        await using var queue = await Receiver.StartAsync();
        await using var host = await StartAsync(hook, queue);
        await PutPolicyAsync(host, $$"""{"AWS":"arn:aws:iam::{{ControlPlaneHost.Owner}}:user/admin"}""");
        await host.Events.PutRuleAsync("on");
        var refused = await host.Events.RefusedAsync("AccessDeniedException", "PutTargets", ("Rule", "on"), ("Targets", new JsonArray(EventCaller.Target("bus", Inbox))));
        Assert.Contains($"arn:aws:iam::{ControlPlaneHost.Owner}:root", refused, StringComparison.Ordinal);
        await AllowAsync(host);
        await PutTargetAsync(host);
    }

    [Fact]
    public async Task A_bus_that_was_deleted_takes_nothing_any_more_and_AWS_is_not_asked_for_it()
    {
        await using var hook = await Hook.StartAsync();
        await using var queue = await Receiver.StartAsync();
        await using var host = await StartAsync(hook, queue);
        await AllowAsync(host);
        await PutTargetAsync(host);
        await host.Stranger.OkAsync("RemoveTargets", ("Rule", "in"), ("EventBusName", "inbox"), ("Ids", new JsonArray("hook")));
        await host.Stranger.OkAsync("DeleteRule", ("Name", "in"), ("EventBusName", "inbox"));
        await host.Stranger.OkAsync("DeleteEventBus", ("Name", "inbox"));

        await host.PublishAsync("p", "1.0.0");

        await host.UntilAsync(() => queue.Requests.Count == 1, "It is not given up.");
        await DemandDeadAsync(host, "does not exist any more");
        Assert.Equal("NO_RESOURCE", (string)JsonNode.Parse(queue.Requests[0].Body)!["MessageAttributes"]!["ERROR_CODE"]!["StringValue"]!);
        Assert.Empty(hook.Offered);
    }

    /// <summary>A bus of another account, of which everything goes to the hook.</summary>
    private static async Task<EventHost> StartAsync(Hook hook, Receiver queue)
    {
        var host = await EventHost.StartAsync(Engine.Sqlite, queue.Address);
        await host.Stranger.OkAsync("CreateEventBus", ("Name", "inbox"));
        await EventHost.PutTargetAsync(host.Stranger, "in", "hook", hook.Address, "inbox");
        return host;
    }

    private static Task<JsonNode> AllowAsync(EventHost host) => host.Stranger.OkAsync(
        "PutPermission", ("EventBusName", "inbox"), ("StatementId", "s"), ("Action", "events:PutEvents"), ("Principal", ControlPlaneHost.Owner));

    private static Task<JsonNode> PutPolicyAsync(EventHost host, string principal, string more = "") => host.Stranger.OkAsync(
        "PutPermission", ("EventBusName", "inbox"),
        ("Policy", $$"""{"Version":"2012-10-17","Statement":[{"Sid":"s","Effect":"Allow","Principal":{{principal}},"Action":"events:PutEvents","Resource":"{{Inbox}}"{{more}}}]}"""));

    private static async Task PutTargetAsync(EventHost host)
    {
        await host.Events.PutRuleAsync("on");
        var target = EventCaller.Target("bus", Inbox, ("DeadLetterConfig", new JsonObject { ["Arn"] = Queue }));
        await host.Events.OkAsync("PutTargets", ("Rule", "on"), ("Targets", new JsonArray(target)));
    }

    private static async Task DemandDeadAsync(EventHost host, string reason)
    {
        await host.UntilAsync(async db => await db.DeadLetters.AnyAsync(), "It is not among the dead letters.");
        var letter = Assert.Single(await host.DeadLetters.ListAsync(new DeadLetterFilter(ControlPlaneHost.Owner, "on", "bus"), 10, TestContext.Current.CancellationToken));
        Assert.Equal(1, letter.Attempts);
        Assert.Contains(reason, letter.Reason, StringComparison.Ordinal);
    }
}
