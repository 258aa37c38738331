using System.Text.Json;
using Granary.Core.Access;
using Granary.Core.Events.Buses;

namespace Granary.Server.Aws.EventBridge;

/// <summary>Event buses.</summary>
internal static class BusActions
{
    private const int LargestSettings = 4 << 10;

    private static readonly string[] Kept = ["DeadLetterConfig", "LogConfig"];

    public static IReadOnlyList<EventAction> All { get; } =
    [
        new("CreateEventBus", CreateAsync),
        new("DescribeEventBus", DescribeAsync),
        new("ListEventBuses", ListAsync),
        new("UpdateEventBus", UpdateAsync),
        new("DeleteEventBus", DeleteAsync),
    ];

    private static async Task<Action<Utf8JsonWriter>> CreateAsync(EventCall call)
    {
        var name = call.Arguments.Required("Name", EventShapes.BusName);
        var arn = call.Arns.Bus(call.AccountId, name);
        var (description, settings) = Settings(call);
        var tags = call.Tags();
        var keys = EventTags.Keys(tags);
        await call.AuthoriseAsync(arn, keys);
        if (tags.Count > 0)
        {
            await call.DemandAsync("events:TagResource", arn, keys);
        }

        if (call.Arguments.Raw("EventSourceName") is not null || name.StartsWith("aws.", StringComparison.Ordinal))
        {
            throw EventRefusals.NotFound("There are no partners here whose events a bus could be of. Leave EventSourceName out, and let the name not begin with 'aws.'.");
        }

        if (name.Contains('/', StringComparison.Ordinal))
        {
            throw EventRefusals.Invalid("Event bus name must not contain '/'.");
        }

        var bus = await call.Service<EventBusStore>().CreateAsync(call.AccountId, name, description, settings, tags, call.Actor, call.Cancellation);
        return json =>
        {
            json.WriteString("EventBusArn"u8, arn);
            json.WriteOptional("Description", bus.Description);
            RawJson.WriteMembers(json, bus.Settings ?? "{}");
        };
    }

    private static async Task<Action<Utf8JsonWriter>> DescribeAsync(EventCall call)
    {
        var name = call.Bus("Name");
        await call.AuthoriseAsync(call.Arns.Bus(call.AccountId, name));
        var bus = await call.Service<EventBusStore>().FindAsync(call.AccountId, name, call.Cancellation) ?? throw EventRefusals.NoBus(name);
        return json =>
        {
            Write(json, bus, call.Arns);
            RawJson.WriteMembers(json, bus.Settings ?? "{}");
        };
    }

    private static async Task<Action<Utf8JsonWriter>> ListAsync(EventCall call)
    {
        var prefix = call.Arguments.Optional("NamePrefix", EventShapes.BusName) ?? "";
        var page = call.Page(prefix);
        await call.AuthoriseAsync(ResourceArns.Any);
        var buses = await call.Service<EventBusStore>().ListAsync(call.AccountId, prefix, page.After(), page.Take, call.Cancellation);
        return EventBridgeJson.List(page, "EventBuses", buses, b => b.Name, (json, bus) => json.WriteObject(_ => Write(json, bus, call.Arns)));
    }

    private static async Task<Action<Utf8JsonWriter>> UpdateAsync(EventCall call)
    {
        var name = call.Arguments.Optional("Name", EventShapes.BusName) ?? EventBus.Default;
        var (description, settings) = Settings(call);
        await call.AuthoriseAsync(call.Arns.Bus(call.AccountId, name));
        var bus = await call.Service<EventBusStore>().UpdateAsync(
            call.AccountId,
            name,
            row => (row.Description, row.Settings) = (description ?? row.Description, settings ?? row.Settings),
            call.Actor,
            call.Cancellation);
        return json =>
        {
            json.WriteString("Arn"u8, call.Arns.Bus(bus.AccountId, bus.Name));
            json.WriteString("Name"u8, bus.Name);
            json.WriteOptional("Description", bus.Description);
            RawJson.WriteMembers(json, bus.Settings ?? "{}");
        };
    }

    private static async Task<Action<Utf8JsonWriter>> DeleteAsync(EventCall call)
    {
        var name = call.Arguments.Required("Name", EventShapes.BusName);
        await call.AuthoriseAsync(call.Arns.Bus(call.AccountId, name));
        await call.Service<EventBusStore>().DeleteAsync(call.AccountId, name, call.Actor, call.Cancellation);
        return EventAction.Nothing;
    }

    /// <summary>What a bus is made and changed with; null for what is not given.</summary>
    private static (string? Description, string? Settings) Settings(EventCall call)
    {
        var arguments = call.Arguments;
        KmsKeys.DemandNone(arguments);
        if (arguments.Object("DeadLetterConfig")?.Optional("Arn", EventShapes.Arn) is { } dead && TargetArn.Parse(dead) is not { Kind: TargetKind.Sqs, IsFifo: false })
        {
            throw EventRefusals.Invalid($"DeadLetterConfig must name a standard SQS queue, and {dead} is none.");
        }

        if (arguments.Object("LogConfig") is { } log)
        {
            _ = log.Optional("IncludeDetail", EventShapes.LogDetail);
            _ = log.Optional("Level", EventShapes.LogLevel);
        }

        var settings = Array.Exists(Kept, name => arguments.Raw(name) is not null) ? RawJson.Object(arguments, Kept, LargestSettings) : null;
        return (arguments.Optional("Description", EventShapes.Description), settings);
    }

    private static void Write(Utf8JsonWriter json, EventBus bus, EventArns arns)
    {
        json.WriteString("Name"u8, bus.Name);
        json.WriteString("Arn"u8, arns.Bus(bus.AccountId, bus.Name));
        json.WriteOptional("Description", bus.Description);
        json.WriteOptional("Policy", bus.Policy);
        json.WriteMoment("CreationTime", bus.CreatedAt);
        json.WriteMoment("LastModifiedTime", bus.ModifiedAt);
    }
}
