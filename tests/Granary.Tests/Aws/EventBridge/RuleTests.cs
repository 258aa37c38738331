using System.Text.Json.Nodes;
using Granary.Core;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Aws.EventBridge;

/// <summary>Rules and their targets.</summary>
public sealed class RuleTests
{
    [Fact]
    public async Task A_rule_is_told_as_it_was_put()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var events = new EventCaller(host);
        var made = await events.OkAsync("PutRule", ("Name", "r"), ("EventPattern", EventCaller.Pattern), ("State", "DISABLED"), ("Description", "d ü"), ("RoleArn", "arn:aws:iam::1:role/x"));
        Assert.Equal(EventCaller.Arn("rule/r"), (string)made["RuleArn"]!);

        var told = await events.OkAsync("DescribeRule", ("Name", "r"), ("EventBusName", EventCaller.Arn("event-bus/default")));
        Assert.Equal(
            ("r", EventCaller.Arn("rule/r"), EventCaller.Pattern, "DISABLED", "d ü", "arn:aws:iam::1:role/x", "default", ControlPlaneHost.Owner),
            ((string)told["Name"]!, (string)told["Arn"]!, (string)told["EventPattern"]!, (string)told["State"]!, (string)told["Description"]!, (string)told["RoleArn"]!,
                (string)told["EventBusName"]!, (string)told["CreatedBy"]!));
        await events.OkAsync("EnableRule", ("Name", "r"));
        Assert.Equal("ENABLED", (string)(await events.OkAsync("DescribeRule", ("Name", "r")))["State"]!);
        await events.PutRuleAsync("r");
        Assert.Null((await events.OkAsync("DescribeRule", ("Name", "r")))["Description"]);
        await events.OkAsync("DisableRule", ("Name", "r"));
        Assert.Equal("DISABLED", (string)(await events.OkAsync("ListRules"))["Rules"]![0]!["State"]!);
    }

    [Fact]
    public async Task What_EventBridge_refuses_is_refused()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var events = new EventCaller(host);
        await events.RefusedAsync("ResourceNotFoundException", "DescribeRule", ("Name", "none"));
        await events.RefusedAsync("ResourceNotFoundException", "PutRule", ("Name", "r"), ("EventPattern", EventCaller.Pattern), ("EventBusName", "none"));
        await events.RefusedAsync("ValidationException", "PutRule", ("Name", "a b"), ("EventPattern", EventCaller.Pattern));
        await events.RefusedAsync("ValidationException", "PutRule", ("Name", new string('x', 65)), ("EventPattern", EventCaller.Pattern));
        await events.RefusedAsync("ValidationException", "PutRule", ("Name", "r"));
        await events.RefusedAsync("ValidationException", "PutRule", ("Name", "r"), ("EventPattern", EventCaller.Pattern), ("State", "ON"));
        Assert.Contains("schedule", await events.RefusedAsync("ValidationException", "PutRule", ("Name", "r"), ("ScheduleExpression", "rate(5 minutes)")), StringComparison.Ordinal);
        Assert.StartsWith(
            "Event pattern is not valid. Reason:",
            await events.RefusedAsync("InvalidEventPatternException", "PutRule", ("Name", "r"), ("EventPattern", """{"source":"a"}""")),
            StringComparison.Ordinal);
        await events.RefusedAsync("ValidationException", "ListRules", ("NextToken", "x"));
        await events.RefusedAsync("ValidationException", "ListRules", ("Limit", 101));
        await events.RefusedAsync("ValidationException", "ListRules", ("EventBusName", "arn:aws:events:us-west-2:111122223333:event-bus/default"));
        EventCaller.Refused("UnknownOperationException", await events.CallAsync("StartLogging"));
        Assert.Equal(400, (await events.SendAsync("PutRule", "[]")).Status);
        await events.OkAsync("DeleteRule", ("Name", "never-was"));
    }

    [Fact]
    public async Task Rules_are_shown_page_by_page_and_tokens_are_good_for_one_question()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var events = new EventCaller(host);
        foreach (var name in new[] { "b", "a", "ab" })
        {
            await events.PutRuleAsync(name);
        }

        var first = await events.OkAsync("ListRules", ("Limit", 2));
        Assert.Equal(["a", "ab"], first["Rules"]!.AsArray().Select(r => (string)r!["Name"]!));
        var token = (string)first["NextToken"]!;
        var second = await events.OkAsync("ListRules", ("Limit", 2), ("NextToken", token));
        Assert.Equal("b", (string)second["Rules"]!.AsArray().Single()!["Name"]!);
        Assert.Null(second["NextToken"]);
        await events.RefusedAsync("ValidationException", "ListRules", ("NamePrefix", "a"), ("NextToken", token));
        await EventCaller.Stranger(host).RefusedAsync("ValidationException", "ListRules", ("NextToken", token));
        Assert.Equal(2, (await events.OkAsync("ListRules", ("NamePrefix", "a")))["Rules"]!.AsArray().Count);
    }

    [Fact]
    public async Task Targets_are_answered_word_by_word()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var events = new EventCaller(host);
        await events.PutRuleAsync("r");
        var whole = JsonNode.Parse("""
            {"Id":"one","Arn":"arn:aws:lambda:eu-central-1:111122223333:function:f:$LATEST","RoleArn":"arn:aws:iam::111122223333:role/x",
             "InputTransformer":{"InputPathsMap":{"name":"$.detail.packageName"},"InputTemplate":"\"<name> äöü & more\""},
             "HttpParameters":{"PathParameterValues":["a"],"HeaderParameters":{"X-A":"b"},"QueryStringParameters":{"q":"c d"}},
             "RetryPolicy":{"MaximumRetryAttempts":3,"MaximumEventAgeInSeconds":60},"DeadLetterConfig":{"Arn":"arn:aws:sqs:eu-central-1:111122223333:dead"},
             "KinesisParameters":{"PartitionKeyPath":"$.id"}}
            """)!;
        var fifo = EventCaller.Target("two", "arn:aws:sqs:eu-central-1:111122223333:q.fifo", ("SqsParameters", new JsonObject { ["MessageGroupId"] = "g" }), ("InputPath", "$.detail"));
        var put = await events.OkAsync("PutTargets", ("Rule", "r"), ("Targets", new JsonArray(whole.DeepClone(), fifo.DeepClone())));
        Assert.Equal((0, 0), ((int)put["FailedEntryCount"]!, put["FailedEntries"]!.AsArray().Count));

        var told = (await events.OkAsync("ListTargetsByRule", ("Rule", "r")))["Targets"]!.AsArray();
        Assert.True(JsonNode.DeepEquals(whole, told[0]), told[0]!.ToJsonString());
        Assert.True(JsonNode.DeepEquals(fifo, told[1]), told[1]!.ToJsonString());
        Assert.Equal("r", (string)(await events.OkAsync("ListRuleNamesByTarget", ("TargetArn", "arn:aws:sqs:eu-central-1:111122223333:q.fifo")))["RuleNames"]![0]!);
        await events.RefusedAsync("ValidationException", "DeleteRule", ("Name", "r"));
        var removed = await events.OkAsync("RemoveTargets", ("Rule", "r"), ("Ids", new JsonArray("one", "two", "three")));
        Assert.Equal((1, "three", "ResourceNotFoundException"), ((int)removed["FailedEntryCount"]!, (string)removed["FailedEntries"]![0]!["TargetId"]!, (string)removed["FailedEntries"]![0]!["ErrorCode"]!));
        await events.OkAsync("DeleteRule", ("Name", "r"));
    }

    [Theory]
    [InlineData("""{"Id":"t","Arn":"nothing"}""", "Provided Arn is not in correct format")]
    [InlineData("""{"Id":"t","Arn":"arn:aws:kinesis:eu-central-1:111122223333:stream/s"}""", "SQS queues, SNS topics, Lambda functions")]
    [InlineData("""{"Id":"t","Arn":"arn:aws:sqs:eu-central-1:111122223333:q.fifo"}""", "SqsParameters must be specified for target: t")]
    [InlineData("""{"Id":"t","Arn":"arn:aws:sqs:eu-central-1:111122223333:q","Input":"{}","InputPath":"$.detail"}""", "Only one of Input, InputPath, or InputTransformer")]
    [InlineData("""{"Id":"t","Arn":"arn:aws:sqs:eu-central-1:111122223333:q","Input":"{"}""", "is not JSON")]
    [InlineData("""{"Id":"t","Arn":"arn:aws:sqs:eu-central-1:111122223333:q","InputPath":"detail"}""", "InputPath for target t is not valid")]
    [InlineData("""{"Id":"t","Arn":"arn:aws:sqs:eu-central-1:111122223333:q","InputTransformer":{"InputTemplate":"<x>"}}""", "invalid placeholder x")]
    [InlineData("""{"Id":"t","Arn":"arn:aws:sqs:eu-central-1:111122223333:q","RetryPolicy":{"MaximumRetryAttempts":186}}""", "less than or equal to 185")]
    [InlineData("""{"Id":"t","Arn":"arn:aws:sqs:eu-central-1:111122223333:q","RetryPolicy":{"MaximumEventAgeInSeconds":59}}""", "greater than or equal to 60")]
    [InlineData("""{"Id":"t","Arn":"arn:aws:sqs:eu-central-1:111122223333:q","DeadLetterConfig":{"Arn":"arn:aws:sns:eu-central-1:111122223333:q"}}""", "standard SQS queue")]
    [InlineData("""{"Id":"t","Arn":"arn:aws:sqs:eu-central-1:111122223333:q","EcsParameters":{"Group":"\ud800"}}""", "whole Unicode characters")]
    [InlineData("""{"Id":"t","Arn":"arn:aws:events:us-west-2:111122223333:event-bus/default"}""", "region")]
    [InlineData("""{"Id":"t","Arn":"arn:aws:events:eu-central-1:111122223333:event-bus/default"}""", "that same bus")]
    [InlineData("""{"Id":"t","Arn":"arn:aws:sqs:eu-central-1:111122223333:q"},{"Id":"t","Arn":"arn:aws:sqs:eu-central-1:111122223333:q"}""", "given twice")]
    [InlineData("""{"Arn":"arn:aws:sqs:eu-central-1:111122223333:q"}""", "Member must not be null")]
    [InlineData("", "greater than or equal to 1")]
    public async Task A_target_that_cannot_be_sent_to_is_refused(string targets, string message)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var events = new EventCaller(host);
        await events.PutRuleAsync("r");
        Assert.Contains(message, EventCaller.Refused("ValidationException", await events.SendAsync("PutTargets", $$"""{"Rule":"r","Targets":[{{targets}}]}""")), StringComparison.Ordinal);
        Assert.Empty((await events.OkAsync("ListTargetsByRule", ("Rule", "r")))["Targets"]!.AsArray());
    }

    [Fact]
    public async Task Quotas_are_held()
    {
        await using var host = await ControlPlaneHost.StartAsync(options: o => o with { Quotas = new Quotas { RulesPerEventBus = 1, TargetsPerRule = 1 } });
        var events = new EventCaller(host);
        await events.PutRuleAsync("r");
        await events.RefusedAsync("LimitExceededException", "PutRule", ("Name", "s"), ("EventPattern", EventCaller.Pattern));
        await events.RefusedAsync("LimitExceededException", "PutTargets", ("Rule", "r"), ("Targets", new JsonArray(EventCaller.Target("1"), EventCaller.Target("2"))));
        await events.RefusedAsync("ResourceNotFoundException", "PutTargets", ("Rule", "none"), ("Targets", new JsonArray(EventCaller.Target("1"))));
    }

    [Theory]
    [InlineData("""{"id":"1","account":"1","source":"a","time":"t","region":"r","resources":[],"detail-type":"d"}""", true)]
    [InlineData("""{"id":"1","account":"1","source":"b","time":"t","region":"r","resources":[],"detail-type":"d"}""", false)]
    [InlineData("""{"source":"a"}""", null)]
    [InlineData("""[]""", null)]
    [InlineData("""{""", null)]
    public async Task A_pattern_is_tried_with_a_whole_event(string @event, bool? matches)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        var reply = await new EventCaller(host).CallAsync("TestEventPattern", ("EventPattern", """{"source":["a"]}"""), ("Event", @event));
        if (matches is null)
        {
            EventCaller.Refused("ValidationException", reply);
            return;
        }

        Assert.Equal(matches, (bool)reply.Ok().At("Result")!);
    }
}
