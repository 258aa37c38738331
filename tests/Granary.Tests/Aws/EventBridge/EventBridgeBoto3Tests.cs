using Granary.Server.Aws.EventBridge;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.Aws.EventBridge;

/// <summary>AWS's own SDK calls every operation: it parses every answer by the API's model, and knows every member of it.</summary>
public sealed class EventBridgeBoto3Tests
{
    private const string Script = """
        import datetime, json, sys
        import boto3
        from botocore.config import Config

        job = json.load(sys.stdin)
        called = set()
        events = boto3.client(
            "events", endpoint_url=job["endpoint"], region_name=job["region"], aws_access_key_id=job["key"],
            aws_secret_access_key=job["secret"], config=Config(retries={"total_max_attempts": 1}))
        E = events.exceptions
        prefix = f"arn:aws:events:{job['region']}:{job['owner']}:"

        def after(http_response, parsed, model, **_):
            if "Error" in parsed:
                return
            called.add(model.name)
            # Nothing is answered that the model does not have.
            answered = json.loads(http_response.content)
            unknown = set(answered) - set(model.output_shape.members if model.output_shape else [])
            assert not unknown, (model.name, unknown)
            for name, shape in (model.output_shape.members if model.output_shape else {}).items():
                if shape.type_name == "list" and shape.member.type_name == "structure":
                    for item in answered.get(name, []):
                        assert set(item) <= set(shape.member.members), (model.name, item)

        events.meta.events.register("after-call.events", after)

        def refused(error, call, **arguments):
            try:
                call(**arguments)
            except error as e:
                assert e.response["Error"]["Message"] and e.response["ResponseMetadata"]["HTTPStatusCode"] == 400, e.response
                return
            raise AssertionError(f"{call} was not refused")

        pattern = json.dumps({"source": ["aws.codeartifact"], "detail": {"packageFormat": ["npm"]}})
        tags = [{"Key": "team", "Value": "a/b c+ü"}]
        bus = events.create_event_bus(Name="shop", Tags=tags, Description="d")["EventBusArn"]
        assert bus == prefix + "event-bus/shop", bus
        refused(E.ResourceAlreadyExistsException, events.create_event_bus, Name="shop")
        events.update_event_bus(Name="shop", Description="e")
        assert isinstance(events.describe_event_bus(Name="shop")["CreationTime"], datetime.datetime)
        assert [b["Name"] for b in events.list_event_buses()["EventBuses"]] == ["default", "shop"]
        events.put_permission(EventBusName="shop", StatementId="s", Action="events:PutEvents", Principal=job["owner"])
        refused(E.PolicyLengthExceededException, events.put_permission, EventBusName="shop", Policy=" " * 10241)
        events.remove_permission(EventBusName="shop", StatementId="s")

        names = [f"r{n}" for n in range(5)]
        for name in names:
            events.put_rule(Name=name, EventPattern=pattern, EventBusName="shop", Tags=tags, State="ENABLED")
        rules = events.get_paginator("list_rules").paginate(EventBusName="shop", PaginationConfig={"PageSize": 2})
        assert [r["Name"] for p in rules for r in p["Rules"]] == names
        refused(E.InvalidEventPatternException, events.put_rule, Name="x", EventPattern="{}x")
        refused(E.ResourceNotFoundException, events.put_rule, Name="x", EventPattern=pattern, EventBusName="none")
        events.disable_rule(Name="r0", EventBusName=bus)
        events.enable_rule(Name="r0", EventBusName=bus)
        assert events.describe_rule(Name="r0", EventBusName="shop")["Arn"] == bus.replace("event-bus", "rule") + "/r0"
        event = {"id": "1", "account": job["owner"], "source": "aws.codeartifact", "time": "2026-01-01T00:00:00Z", "region": "r",
            "resources": [], "detail-type": "d", "detail": {"packageFormat": "npm"}}
        assert events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"] is True
        arn = events.describe_rule(Name="r0", EventBusName="shop")["Arn"]
        events.tag_resource(ResourceARN=arn, Tags=[{"Key": "k", "Value": ""}])
        events.untag_resource(ResourceARN=arn, TagKeys=["k"])
        assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == tags

        connection = events.create_connection(Name="c", AuthorizationType="API_KEY", AuthParameters={
            "ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "v"},
            "InvocationHttpParameters": {"HeaderParameters": [{"Key": "a", "Value": "b", "IsValueSecret": True}]}})["ConnectionArn"]
        refused(E.ResourceAlreadyExistsException, events.create_connection, Name="c", AuthorizationType="BASIC", AuthParameters={"BasicAuthParameters": {"Username": "u", "Password": "p"}})
        events.update_connection(Name="c", Description="d")
        assert events.describe_connection(Name="c")["AuthParameters"]["InvocationHttpParameters"]["HeaderParameters"] == [{"Key": "a", "IsValueSecret": True}]
        assert events.list_connections()["Connections"][0]["ConnectionArn"] == connection
        destination = events.create_api_destination(Name="d", ConnectionArn=connection, InvocationEndpoint="https://api.example/", HttpMethod="POST")["ApiDestinationArn"]
        events.update_api_destination(Name="d", Description="e")
        assert events.describe_api_destination(Name="d")["InvocationRateLimitPerSecond"] == 300
        assert [d["ApiDestinationArn"] for d in events.list_api_destinations()["ApiDestinations"]] == [destination]

        targets = [
            {"Id": "a", "Arn": destination, "HttpParameters": {"HeaderParameters": {"X": "y"}}, "RetryPolicy": {"MaximumRetryAttempts": 1}},
            {"Id": "b", "Arn": f"arn:aws:sqs:{job['region']}:{job['owner']}:q.fifo", "SqsParameters": {"MessageGroupId": "g"}, "InputPath": "$.detail"},
            {"Id": "c", "Arn": f"arn:aws:codebuild:{job['region']}:{job['owner']}:project/pp", "RoleArn": "arn:aws:iam::1:role/r",
                "InputTransformer": {"InputPathsMap": {"p": "$.detail.packageName"}, "InputTemplate": "{\"p\": <p>}"}},
        ]
        assert events.put_targets(Rule="r0", EventBusName="shop", Targets=targets)["FailedEntryCount"] == 0
        pages = events.get_paginator("list_targets_by_rule").paginate(Rule="r0", EventBusName="shop", PaginationConfig={"PageSize": 2})
        assert [t for p in pages for t in p["Targets"]] == targets
        pages = events.get_paginator("list_rule_names_by_target").paginate(TargetArn=destination, EventBusName="shop")
        assert [n for p in pages for n in p["RuleNames"]] == ["r0"]
        refused(E.LimitExceededException, events.put_targets, Rule="r0", EventBusName="shop", Targets=[{"Id": str(n), "Arn": destination} for n in range(5)])
        gone = events.remove_targets(Rule="r0", EventBusName="shop", Ids=["a", "b", "c", "z"])
        assert [(f["TargetId"], f["ErrorCode"]) for f in gone["FailedEntries"]] == [("z", "ResourceNotFoundException")], gone

        put = events.put_events(Entries=[
            {"Source": "shop", "DetailType": "sold", "Detail": json.dumps({"n": 1}), "EventBusName": "shop", "Time": datetime.datetime.now(), "Resources": ["a"]},
            {"Source": "shop", "DetailType": "sold", "Detail": "no"}])
        assert put["FailedEntryCount"] == 1 and put["Entries"][0]["EventId"] and put["Entries"][1]["ErrorCode"] == "MalformedDetail", put
        archive = events.create_archive(ArchiveName="a", EventSourceArn=bus, EventPattern=pattern, RetentionDays=1)["ArchiveArn"]
        events.update_archive(ArchiveName="a", Description="d")
        assert events.describe_archive(ArchiveName="a")["EventCount"] == 0
        assert [a["ArchiveName"] for a in events.list_archives()["Archives"]] == ["a"]
        now = datetime.datetime.now(datetime.timezone.utc)
        events.start_replay(ReplayName="p", EventSourceArn=archive, EventStartTime=now - datetime.timedelta(hours=1), EventEndTime=now, Destination={"Arn": bus})
        assert events.describe_replay(ReplayName="p")["Destination"]["Arn"] == bus
        assert [r["ReplayName"] for r in events.list_replays()["Replays"]] == ["p"]
        events.cancel_replay(ReplayName="p")
        refused(E.IllegalStatusException, events.cancel_replay, ReplayName="p")
        refused(E.ConcurrentModificationException, events.delete_archive, ArchiveName="a")
        events.create_archive(ArchiveName="b", EventSourceArn=bus)
        events.delete_archive(ArchiveName="b")

        events.delete_api_destination(Name="d")
        events.deauthorize_connection(Name="c")
        events.delete_connection(Name="c")
        for name in names:
            events.delete_rule(Name=name, EventBusName="shop", Force=True)
        events.create_event_bus(Name="empty")
        events.delete_event_bus(Name="empty")
        print("\n".join(sorted(called)))
        """;

    [Fact]
    public async Task Every_operation_works_with_the_SDK()
    {
        await using var host = await ControlPlaneHost.StartAsync(services =>
        {
            services.AddSingleton(TimeProvider.System);
            EventCaller.WithoutDelivery(services);
        });
        var job = $$"""{"endpoint":"{{host.Address}}","region":"{{TestSigner.Region}}","key":"{{TestSigner.KeyId}}","secret":"{{TestSigner.Secret}}","owner":"{{ControlPlaneHost.Owner}}"}""";
        var (exit, output, errors) = await ClientProcess.RunAsync("python3", ["-c", Script], job);
        Assert.True(exit == 0, errors);
        Assert.Equal(EventBridgeService.Actions.Select(a => a.Name).Order(StringComparer.Ordinal), output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }
}
