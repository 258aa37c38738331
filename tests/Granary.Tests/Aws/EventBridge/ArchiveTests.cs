using System.Text.Json.Nodes;
using Granary.Core;
using Granary.Core.Events.Buses;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Aws.EventBridge;

/// <summary>Archives and replays as they are asked for and told of.</summary>
public sealed class ArchiveTests
{
    private static readonly string Bus = EventCaller.Arn("event-bus/default");

    [Fact]
    public async Task An_archive_is_made_changed_listed_and_deleted()
    {
        await using var host = await ControlPlaneHost.StartAsync(options: o => o with { Quotas = new Quotas { ArchivesPerEventBus = 2 } });
        var (events, sets) = (new EventCaller(host), host.Service<EventRules>());
        var made = await events.OkAsync("CreateArchive", ("ArchiveName", "a"), ("EventSourceArn", Bus), ("EventPattern", EventCaller.Pattern), ("RetentionDays", 3));
        Assert.Equal((EventCaller.Arn("archive/a"), "ENABLED"), ((string)made["ArchiveArn"]!, (string)made["State"]!));
        Assert.Equal("a", Assert.Single((await sets.ForAsync(ControlPlaneHost.Owner, "default")).Archives).Archive.Name);
        await events.RefusedAsync("ResourceAlreadyExistsException", "CreateArchive", ("ArchiveName", "a"), ("EventSourceArn", Bus));
        await events.RefusedAsync("ResourceNotFoundException", "CreateArchive", ("ArchiveName", "b"), ("EventSourceArn", EventCaller.Arn("event-bus/none")));
        await events.RefusedAsync("ResourceNotFoundException", "CreateArchive", ("ArchiveName", "b"), ("EventSourceArn", EventCaller.Arn("event-bus/default", ControlPlaneHost.Stranger)));
        await events.RefusedAsync("ValidationException", "CreateArchive", ("ArchiveName", "b"), ("EventSourceArn", "default"));
        await events.RefusedAsync("InvalidEventPatternException", "CreateArchive", ("ArchiveName", "b"), ("EventSourceArn", Bus), ("EventPattern", "[]"));
        await events.RefusedAsync("ValidationException", "CreateArchive", ("ArchiveName", new string('x', 49)), ("EventSourceArn", Bus));
        await events.RefusedAsync("ValidationException", "CreateArchive", ("ArchiveName", "b"), ("EventSourceArn", Bus), ("RetentionDays", -1));
        await events.OkAsync("UpdateArchive", ("ArchiveName", "a"), ("Description", "d"), ("RetentionDays", 0));
        var told = await events.OkAsync("DescribeArchive", ("ArchiveName", "a"));
        Assert.Equal(
            (Bus, "d", EventCaller.Pattern, 0, 0, 0),
            ((string)told["EventSourceArn"]!, (string)told["Description"]!, (string)told["EventPattern"]!, (int)told["RetentionDays"]!, (int)told["EventCount"]!, (int)told["SizeBytes"]!));
        await events.OkAsync("CreateArchive", ("ArchiveName", "b"), ("EventSourceArn", Bus));
        await events.RefusedAsync("LimitExceededException", "CreateArchive", ("ArchiveName", "c"), ("EventSourceArn", Bus));
        Assert.Equal(2, (await events.OkAsync("ListArchives", ("EventSourceArn", Bus)))["Archives"]!.AsArray().Count);
        Assert.Single((await events.OkAsync("ListArchives", ("NamePrefix", "b")))["Archives"]!.AsArray());
        Assert.Empty((await events.OkAsync("ListArchives", ("State", "DISABLED")))["Archives"]!.AsArray());
        await events.RefusedAsync("ValidationException", "ListArchives", ("NamePrefix", "b"), ("State", "ENABLED"));
        await events.OkAsync("DeleteArchive", ("ArchiveName", "a"));
        await events.RefusedAsync("ResourceNotFoundException", "DeleteArchive", ("ArchiveName", "a"));
        Assert.Equal("b", Assert.Single((await sets.ForAsync(ControlPlaneHost.Owner, "default")).Archives).Archive.Name);
        Assert.Empty((await EventCaller.Stranger(host).OkAsync("ListArchives"))["Archives"]!.AsArray());
    }

    [Fact]
    public async Task A_replay_is_started_told_of_and_cancelled_once()
    {
        await using var host = await ControlPlaneHost.StartAsync(EventCaller.WithoutDelivery, o => o with { Quotas = new Quotas { ConcurrentReplays = 1 } });
        var events = new EventCaller(host);
        await events.OkAsync("CreateArchive", ("ArchiveName", "a"), ("EventSourceArn", Bus));
        await events.OkAsync("CreateEventBus", ("Name", "other"));
        await RefusedAsync("ResourceNotFoundException", "r", archive: "none");
        await RefusedAsync("ValidationException", "r", bus: "other");
        await RefusedAsync("ResourceNotFoundException", "r", bus: "none");
        await RefusedAsync("ValidationException", "r", from: 20);
        await RefusedAsync("ValidationException", "r", from: -1);
        await RefusedAsync("ValidationException", "r", filters: [EventCaller.Arn("rule/other/x")]);
        Assert.Equal("STARTING", (string)(await events.OkAsync("StartReplay", Replay("r", filters: [EventCaller.Arn("rule/x")])))["State"]!);
        await RefusedAsync("ResourceAlreadyExistsException", "r");
        await RefusedAsync("LimitExceededException", "s");
        await events.RefusedAsync("ConcurrentModificationException", "DeleteArchive", ("ArchiveName", "a"));

        var told = await events.OkAsync("DescribeReplay", ("ReplayName", "r"));
        Assert.Equal(
            (EventCaller.Arn("replay/r"), EventCaller.Arn("archive/a"), Bus, EventCaller.Arn("rule/x"), 1.5, 20),
            ((string)told["ReplayArn"]!, (string)told["EventSourceArn"]!, (string)told["Destination"]!["Arn"]!, (string)told["Destination"]!["FilterArns"]!.AsArray().Single()!,
                (double)told["EventStartTime"]!, (double)told["EventEndTime"]!));
        Assert.Single((await events.OkAsync("ListReplays", ("EventSourceArn", EventCaller.Arn("archive/a"))))["Replays"]!.AsArray());
        Assert.Equal("CANCELLING", (string)(await events.OkAsync("CancelReplay", ("ReplayName", "r")))["State"]!);
        await events.RefusedAsync("IllegalStatusException", "CancelReplay", ("ReplayName", "r"));
        await events.RefusedAsync("ResourceNotFoundException", "CancelReplay", ("ReplayName", "none"));
        await events.RefusedAsync("ResourceNotFoundException", "DescribeReplay", ("ReplayName", "none"));
        await events.RefusedAsync("ValidationException", "ListReplays", ("NamePrefix", "b"), ("State", "RUNNING"));

        Task<string> RefusedAsync(string error, string name, string archive = "a", string bus = "default", double from = 1.5, string[]? filters = null) =>
            events.RefusedAsync(error, "StartReplay", Replay(name, archive, bus, from, filters));
    }

    private static (string, JsonNode?)[] Replay(string name, string archive = "a", string bus = "default", double from = 1.5, string[]? filters = null) =>
    [
        ("ReplayName", name), ("EventSourceArn", EventCaller.Arn($"archive/{archive}")), ("EventStartTime", from), ("EventEndTime", 20),
        ("Destination", new JsonObject { ["Arn"] = EventCaller.Arn($"event-bus/{bus}"), ["FilterArns"] = new JsonArray([.. (filters ?? []).Select(f => (JsonNode)f)]) }),
    ];
}
