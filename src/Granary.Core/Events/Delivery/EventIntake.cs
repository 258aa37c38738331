using System.Text.Json;

namespace Granary.Core.Events.Delivery;

/// <summary>Takes events that somebody puts on a bus. When it returns they are durable, and are compared with the bus's rules soon.</summary>
public sealed class EventIntake(ChangeLog log, TimeProvider clock)
{
    private readonly RisingIds ids = new(clock);

    /// <param name="actor">Whose request puts them there.</param>
    /// <param name="events">Each with the account, the bus and the whole event in JSON.</param>
    /// <exception cref="Refusal">They cannot be stored: none of them is.</exception>
    public async Task AcceptAsync(Actor actor, IReadOnlyList<BusEvent> events, CancellationToken cancellation)
    {
        await log.WriteServerAsync(
            actor,
            db =>
            {
                db.IncomingEvents.AddRange(events.Select(e => new IncomingEvent { AccountId = e.Account, Id = ids.Next(), Bus = e.Bus, Hops = e.Hops, Event = e.Json }));
                return db.SaveChangesAsync(CancellationToken.None);
            },
            cancellation);
        log.Signal.Pulse();
    }

    /// <summary>The event as it is routed: in order with others of its package where it is about one, alone otherwise.</summary>
    /// <param name="json">A whole event, with its id and its time.</param>
    /// <param name="hops">How many buses have handed it on.</param>
    public static BusEvent Of(string account, string bus, string json, int hops = 0)
    {
        using var parsed = JsonDocument.Parse(json);
        var root = parsed.RootElement;
        var isOfPackage = root.TryGetProperty("source", out var source) && source.ValueEquals(PackageEvent.Source);
        var key = isOfPackage && root.TryGetProperty("resources", out var resources) && resources.ValueKind is JsonValueKind.Array && resources.GetArrayLength() > 0
            && resources[0].ValueKind is JsonValueKind.String
            ? resources[0].GetString()!
            : root.GetProperty("id").GetString()!;
        return new BusEvent(account, bus, key, root.GetProperty("time").GetDateTimeOffset(), json, hops);
    }

    internal static BusEvent Read(IncomingEvent incoming) => Of(incoming.AccountId, incoming.Bus, incoming.Event, incoming.Hops);
}
