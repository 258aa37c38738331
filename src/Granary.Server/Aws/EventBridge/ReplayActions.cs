using System.Text.Json;
using Granary.Core.Access;
using Granary.Core.Events.Buses;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>Replays.</summary>
internal static class ReplayActions
{
    private const int MostFilters = 300;

    public static IReadOnlyList<EventAction> All { get; } =
    [
        new("StartReplay", StartAsync),
        new("DescribeReplay", DescribeAsync),
        new("ListReplays", ListAsync),
        new("CancelReplay", CancelAsync),
    ];

    private static async Task<Action<Utf8JsonWriter>> StartAsync(EventCall call)
    {
        var arguments = call.Arguments;
        var name = arguments.Required("ReplayName", EventShapes.ReplayName);
        var description = arguments.Optional("Description", EventShapes.Description);
        var archive = arguments.Required("EventSourceArn", EventShapes.Arn);
        var (from, to) = (Moment(arguments, "EventStartTime"), Moment(arguments, "EventEndTime"));
        var destination = arguments.Object("Destination") ?? throw Fault.Missing("Destination");
        var bus = destination.Required("Arn", EventShapes.Arn);
        var filters = destination.Texts("FilterArns", EventShapes.Arn, MostFilters) ?? [];
        await call.AuthoriseAsync(call.Arns.Replay(call.AccountId, name));

        var content = new ReplayContent(description, Archive(call, archive), Bus(call, bus), filters.Count == 0 ? null : string.Join('\n', filters), from, to);
        foreach (var filter in filters)
        {
            if (call.Arns.RuleOf(filter) is not var (account, of, _) || account != call.AccountId || of != content.Bus)
            {
                throw EventRefusals.Invalid($"Parameter Destination.FilterArns is not valid. Reason: {filter} is no rule of event bus {content.Bus}.");
            }
        }

        if (from >= to)
        {
            throw EventRefusals.Invalid("Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.");
        }

        var replay = await call.Service<ReplayStore>().StartAsync(call.AccountId, name, content, call.Actor, call.Cancellation);
        return json =>
        {
            WriteState(json, replay, call.Arns);
            json.WriteMoment("ReplayStartTime", replay.StartedAt);
        };
    }

    private static async Task<Action<Utf8JsonWriter>> DescribeAsync(EventCall call)
    {
        var name = call.Arguments.Required("ReplayName", EventShapes.ReplayName);
        await call.AuthoriseAsync(call.Arns.Replay(call.AccountId, name));
        var replay = await call.Service<ReplayStore>().FindAsync(call.AccountId, name, call.Cancellation) ?? throw EventRefusals.None("Replay", name);
        return json =>
        {
            json.WriteString("ReplayArn"u8, call.Arns.Replay(replay.AccountId, replay.Name));
            Write(json, replay, call.Arns);
            json.WriteOptional("Description", replay.Description);
            json.WriteStartObject("Destination"u8);
            json.WriteString("Arn"u8, call.Arns.Bus(replay.AccountId, replay.Bus));
            json.WriteStartArray("FilterArns"u8);
            foreach (var filter in replay.FilterArns?.Split('\n') ?? [])
            {
                json.WriteStringValue(filter);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        };
    }

    private static async Task<Action<Utf8JsonWriter>> ListAsync(EventCall call)
    {
        var prefix = call.Arguments.Optional("NamePrefix", EventShapes.ReplayName);
        var source = call.Arguments.Optional("EventSourceArn", EventShapes.Arn);
        var state = call.Arguments.Optional("State", EventShapes.ReplayState);
        var page = call.Page(prefix, source, state);
        await call.AuthoriseAsync(ResourceArns.Any);
        Filters.DemandOne("ListReplays", prefix, source, state);
        var archive = source is null ? null : Archive(call, source);
        var replays = await call.Service<ReplayStore>().ListAsync(call.AccountId, prefix ?? "", archive, state, page.After(), page.Take, call.Cancellation);
        return EventBridgeJson.List(page, "Replays", replays, r => r.Name, (json, replay) => json.WriteObject(_ => Write(json, replay, call.Arns)));
    }

    private static async Task<Action<Utf8JsonWriter>> CancelAsync(EventCall call)
    {
        var name = call.Arguments.Required("ReplayName", EventShapes.ReplayName);
        await call.AuthoriseAsync(call.Arns.Replay(call.AccountId, name));
        var replay = await call.Service<ReplayStore>().CancelAsync(call.AccountId, name, call.Actor, call.Cancellation);
        return json => WriteState(json, replay, call.Arns);
    }

    private static DateTimeOffset Moment(BodyArguments arguments, string name) => arguments.Seconds(name) switch
    {
        null => throw Fault.Missing(name),
        >= 0 and <= 253_402_300_799 and var seconds => DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000)),
        _ => throw EventRefusals.Invalid($"Parameter {name} is not valid. Reason: It is no time between 1970 and 9999."),
    };

    private static string Archive(EventCall call, string arn)
    {
        var (account, archive) = call.Arns.ResourceOf(arn, "archive/")
            ?? throw EventRefusals.Invalid($"Parameter EventSourceArn is not valid. Reason: Must contain an archive ARN of this server's region, {call.Arns.Region}.");
        return account == call.AccountId ? archive : throw EventRefusals.None("Archive", arn);
    }

    private static string Bus(EventCall call, string arn)
    {
        var (account, bus) = call.Arns.BusOf(arn)
            ?? throw EventRefusals.Invalid($"Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN of this server's region, {call.Arns.Region}.");
        return account == call.AccountId ? bus : throw EventRefusals.NoBus(arn);
    }

    private static void WriteState(Utf8JsonWriter json, EventReplay replay, EventArns arns)
    {
        json.WriteString("ReplayArn"u8, arns.Replay(replay.AccountId, replay.Name));
        json.WriteString("State"u8, replay.State);
        json.WriteOptional("StateReason", replay.StateReason);
    }

    private static void Write(Utf8JsonWriter json, EventReplay replay, EventArns arns)
    {
        json.WriteString("ReplayName"u8, replay.Name);
        json.WriteString("EventSourceArn"u8, arns.Archive(replay.AccountId, replay.Archive));
        json.WriteString("State"u8, replay.State);
        json.WriteOptional("StateReason", replay.StateReason);
        json.WriteMoment("EventStartTime", replay.From);
        json.WriteMoment("EventEndTime", replay.To);
        json.WriteMoment("EventLastReplayedTime", replay.LastReplayedAt);
        json.WriteMoment("ReplayStartTime", replay.StartedAt);
        json.WriteMoment("ReplayEndTime", replay.EndedAt);
    }
}
