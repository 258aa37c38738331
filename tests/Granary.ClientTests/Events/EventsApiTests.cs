using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Events;

/// <summary><c>aws events …</c> as AWS's tutorials say it.</summary>
public sealed class EventsApiTests(SharedServer shared)
{
    private const string Pattern = """{"source":["aws.codeartifact"],"detail-type":["CodeArtifact Package Version State Change"],"detail":{"domainName":["my-domain"]}}""";
    private const string Region = "us-east-1";

    private AwsCli Events => shared.Aws.Of("events");

    [Fact]
    public async Task A_rule_is_put_given_targets_told_of_and_taken_away_again()
    {
        var rule = SharedServer.Fresh("MyCodeArtifactRule");
        var project = $"arn:aws:codebuild:{Region}:111122223333:project/MyProject";
        var arn = Text(await Events.RunAsync("put-rule", "--name", rule, "--event-pattern", Pattern, "--tags", "Key=team,Value=red"), "RuleArn");
        Assert.EndsWith($":{GranaryServer.Account}:rule/{rule}", arn, StringComparison.Ordinal);
        var put = await Events.RunAsync("put-targets", "--rule", rule, "--targets", $"Id=1,Arn={project},RoleArn=arn:aws:iam::111122223333:role/MyRole,RetryPolicy={{MaximumRetryAttempts=3}}");
        Assert.Equal(0, (int)put["FailedEntryCount"]!);
        var target = Assert.Single((await Events.RunAsync("list-targets-by-rule", "--rule", rule))["Targets"]!.AsArray())!;
        Assert.Equal((project, 3), (Text(target, "Arn"), (int)target["RetryPolicy"]!["MaximumRetryAttempts"]!));
        Assert.Contains(rule, (await Events.RunAsync("list-rule-names-by-target", "--target-arn", project))["RuleNames"]!.AsArray().Select(n => (string)n!));
        Assert.Equal("red", Text(await Events.RunAsync("list-tags-for-resource", "--resource-arn", arn), "Tags", "0", "Value"));

        await Events.RunAsync("disable-rule", "--name", rule);
        var told = await Events.RunAsync("describe-rule", "--name", rule);
        Assert.Equal((Pattern, "DISABLED", GranaryServer.Account), (Text(told, "EventPattern"), Text(told, "State"), Text(told, "CreatedBy")));
        await Events.RefusedAsync("ValidationException", "delete-rule", "--name", rule);
        await Events.RunAsync("remove-targets", "--rule", rule, "--ids", "1");
        await Events.RunAsync("delete-rule", "--name", rule);
        await Events.RefusedAsync("ResourceNotFoundException", "describe-rule", "--name", rule);
    }

    [Fact]
    public async Task A_destination_with_its_connection_becomes_a_target_and_its_secret_is_told_to_nobody()
    {
        const string Secret = "very-s3cret-value";
        var (rule, connection, destination) = (SharedServer.Fresh("hook"), SharedServer.Fresh("connection"), SharedServer.Fresh("destination"));
        var made = await Events.RunAsync(
            "create-connection", "--name", connection, "--authorization-type", "API_KEY", "--auth-parameters", $$$"""{"ApiKeyAuthParameters":{"ApiKeyName":"X-Api-Key","ApiKeyValue":"{{{Secret}}}"}}""");
        Assert.Equal("AUTHORIZED", Text(made, "ConnectionState"));
        // The first major version of the CLI would fetch an address that is a parameter of its own.
        var content = new JsonObject
        {
            ["Name"] = destination, ["ConnectionArn"] = Text(made, "ConnectionArn"), ["InvocationEndpoint"] = "https://api.example/hook", ["HttpMethod"] = "POST",
        };
        var arn = Text(await Events.RunAsync("create-api-destination", "--cli-input-json", content.ToJsonString()), "ApiDestinationArn");
        await Events.RunAsync("put-rule", "--name", rule, "--event-pattern", Pattern, "--state", "DISABLED");
        await Events.RunAsync("put-targets", "--rule", rule, "--targets", $$$"""[{"Id":"hook","Arn":"{{{arn}}}","InputTransformer":{"InputPathsMap":{"p":"$.detail.packageName"},"InputTemplate":"{\"package\": <p>}"}}]""");
        var told = (await Events.TryAsync("describe-connection", "--name", connection)).MustSucceed();
        Assert.Contains("X-Api-Key", told.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, told.Everything, StringComparison.Ordinal);
        await Events.RefusedAsync("ValidationException", "delete-connection", "--name", connection);
        Assert.DoesNotContain(Secret, shared.Server.ReadLog(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_is_replayed_by_name_and_time()
    {
        var (bus, archive, replay) = (SharedServer.Fresh("bus"), SharedServer.Fresh("archive"), SharedServer.Fresh("replay"));
        var of = Text(await Events.RunAsync("create-event-bus", "--name", bus), "EventBusArn");
        var arn = Text(await Events.RunAsync("create-archive", "--archive-name", archive, "--event-source-arn", of, "--event-pattern", Pattern, "--retention-days", "7"), "ArchiveArn");
        var kept = await Events.RunAsync("describe-archive", "--archive-name", archive);
        Assert.Equal((7, "ENABLED"), ((int)kept["RetentionDays"]!, Text(kept, "State")));
        await Events.RunAsync(
            "start-replay", "--replay-name", replay, "--event-source-arn", arn, "--event-start-time", "2026-01-01T00:00:00Z", "--event-end-time", "2026-01-02T00:00:00Z", "--destination", $"Arn={of}");
        var told = await Events.RunAsync("describe-replay", "--replay-name", replay);
        Assert.Equal((arn, of), (Text(told, "EventSourceArn"), Text(told, "Destination", "Arn")));
        await Events.RefusedAsync("ResourceAlreadyExistsException",
            "start-replay", "--replay-name", replay, "--event-source-arn", arn, "--event-start-time", "2026-01-01T00:00:00Z", "--event-end-time", "2026-01-02T00:00:00Z", "--destination", $"Arn={of}");
        var put = await Events.RunAsync("put-events", "--entries", $$"""[{"Source":"shop","DetailType":"sold","Detail":"{\"n\":1}","EventBusName":"{{bus}}"},{"Source":"aws.s3","DetailType":"sold","Detail":"{}"}]""");
        Assert.Equal((1, "NotAuthorizedForSourceException"), ((int)put["FailedEntryCount"]!, Text(put, "Entries", "1", "ErrorCode")));
    }

    [Fact]
    public async Task Wrong_inputs_are_refused_under_the_names_of_AWS()
    {
        var rule = SharedServer.Fresh("rule");
        await Events.RefusedAsync("InvalidEventPatternException", "put-rule", "--name", rule, "--event-pattern", """{"source":"aws.codeartifact"}""");
        var refused = await Events.RefusedAsync("ValidationException", "put-rule", "--name", rule, "--schedule-expression", "rate(5 minutes)");
        Assert.Contains("give an EventPattern", refused.Everything, StringComparison.Ordinal);
        await Events.RunAsync("put-rule", "--name", rule, "--event-pattern", Pattern);
        refused = await Events.RefusedAsync("ValidationException", "put-targets", "--rule", rule, "--targets", $"Id=1,Arn=arn:aws:kinesis:{Region}:111122223333:stream/s");
        Assert.Contains("SQS queues", refused.Everything, StringComparison.Ordinal);
        await Events.RefusedAsync("ResourceNotFoundException", "put-targets", "--rule", "none", "--targets", $"Id=1,Arn=arn:aws:sqs:{Region}:111122223333:q");
    }

    private static string Text(JsonNode node, params string[] path) =>
        (string)path.Aggregate(node, (at, name) => int.TryParse(name, out var index) && at is JsonArray ? at[index]! : at[name]!)!;
}
