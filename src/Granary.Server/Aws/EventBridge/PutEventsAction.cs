using System.Text;
using System.Text.Json;
using Granary.Core;
using Granary.Core.Events.Buses;
using Granary.Core.Events.Delivery;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>Events that somebody puts on a bus: those without a fault are taken, and the others are told of one by one.</summary>
internal static class PutEventsAction
{
    // In bytes, as EventBridge counts: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
    private const int LargestRequest = 256 << 10;
    private const int SizeOfTime = 14;

    // What they say is for the rules of the bus, and not for the audit trail.
    public static IReadOnlyList<EventAction> All { get; } = [new("PutEvents", RunAsync) { HidesParameters = true }];

    private static async Task<Action<Utf8JsonWriter>> RunAsync(EventCall call)
    {
        if (call.Arguments.Raw("EndpointId") is not null)
        {
            throw EventRefusals.Invalid("There are no global endpoints here. Leave EndpointId out.");
        }

        var entries = (call.Arguments.Objects("Entries", EventShapes.MostEntries) ?? throw Fault.Missing("Entries")).Select(e => Read(call, e)).ToList();
        if (entries.Count == 0)
        {
            throw Fault.Of("Entries", "Member must have length greater than or equal to 1");
        }

        await AuthoriseAsync(call, entries);
        if (entries.Sum(SizeOf) is > LargestRequest and var size)
        {
            throw EventRefusals.Invalid($"Total size of the entries in the request is over the limit: {size} bytes, of {LargestRequest}. Put fewer in one request.");
        }

        var now = call.Service<TimeProvider>().GetUtcNow();
        var missing = await MissingAsync(call, entries);
        var results = entries.Select(e => EventEntry.Take(e, missing.Contains((e.Account, e.Bus)), call.AccountId, call.Arns.Region, now)).ToList();
        var taken = results.Where(r => r.Event is not null).Select(r => r.Event!).ToList();
        if (taken.Count > 0)
        {
            await call.Service<EventIntake>().AcceptAsync(call.Actor, taken, call.Cancellation);
        }

        return json => Write(json, results);
    }

    private static EventEntry Read(EventCall call, BodyArguments entry)
    {
        var (account, bus) = call.AnyBus(entry.Optional("EventBusName", EventShapes.BusNameOrArn));
        _ = entry.Optional("TraceHeader", EventShapes.TraceHeader);
        return new EventEntry(
            account,
            bus,
            entry.Optional("Source", TextShape.Any) ?? "",
            entry.Optional("DetailType", TextShape.Any) ?? "",
            entry.Optional("Detail", TextShape.Any) ?? "",
            entry.Texts("Resources", EventShapes.EventResource, int.MaxValue) ?? [],
            entry.Seconds("Time"));
    }

    /// <summary>Who may not put one of them puts none.</summary>
    private static async Task AuthoriseAsync(EventCall call, IReadOnlyList<EventEntry> entries)
    {
        foreach (var (account, bus, source, type) in entries.Select(e => (e.Account, e.Bus, e.Source, e.DetailType)).Distinct())
        {
            var keys = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase)
            {
                ["events:source"] = [source],
                ["events:detail-type"] = [type],
                ["events:eventBusInvocation"] = ["false"],
            };
            if (!await call.MayAsync(call.Action, account, bus, keys))
            {
                throw Refusal.AccessDenied(call.Principal.Arn, call.Action, call.Arns.Bus(account, bus));
            }
        }

        call.Allowed();
    }

    private static async Task<HashSet<(string Account, string Bus)>> MissingAsync(EventCall call, IReadOnlyList<EventEntry> entries)
    {
        var missing = new HashSet<(string, string)>();
        foreach (var (account, bus) in entries.Select(e => (e.Account, e.Bus)).Distinct())
        {
            if (await call.Service<EventBusStore>().FindAsync(account, bus, call.Cancellation) is null)
            {
                missing.Add((account, bus));
            }
        }

        return missing;
    }

    private static int SizeOf(EventEntry entry) =>
        (entry.Time is null ? 0 : SizeOfTime) + new[] { entry.Source, entry.DetailType, entry.Detail }.Concat(entry.Resources).Sum(Encoding.UTF8.GetByteCount);

    private static void Write(Utf8JsonWriter json, IReadOnlyList<EntryResult> results)
    {
        json.WriteNumber("FailedEntryCount"u8, results.Count(r => r.Event is null));
        json.WriteStartArray("Entries"u8);
        foreach (var result in results)
        {
            json.WriteObject(_ =>
            {
                json.WriteOptional("EventId", result.Event is null ? null : result.Id);
                json.WriteOptional("ErrorCode", result.Code);
                json.WriteOptional("ErrorMessage", result.Message);
            });
        }

        json.WriteEndArray();
    }
}
