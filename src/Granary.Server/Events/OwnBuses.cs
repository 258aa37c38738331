using System.Text.Json;
using Granary.Core;
using Granary.Core.Events.Buses;
using Granary.Core.Events.Delivery;
using Granary.Server.Events.Targets;

namespace Granary.Server.Events;

/// <summary>Hands events from one bus of this server to another one, where that one's policy lets the sender.</summary>
internal sealed class OwnBuses(EventBusStore buses, BusPermission permission, EventArns arns, EventIntake intake)
{
    // What goes round in a circle ends here.
    private const int MostHops = 8;

    /// <summary>As of <see cref="SendToOwnBus"/>: an account that this server does not have is asked by its API.</summary>
    public async Task<SendOutcome?> SendAsync(TargetCall call, CancellationToken cancellation)
    {
        if (arns.BusOf(call.Arn) is not var (account, name))
        {
            return null;
        }

        if (await buses.FindAsync(account, name, cancellation) is not { } bus)
        {
            // An account that is here has a default bus: of such a one the bus was deleted, and AWS is not asked for it.
            return await buses.FindAsync(account, EventBus.Default, cancellation) is null
                ? null
                : SendOutcome.Rejected(SendCodes.NoResource, $"The event bus {name} of account {account} does not exist any more.");
        }

        if (call.Hops >= MostHops)
        {
            return SendOutcome.Rejected(SendCodes.InvalidParameter, $"The event was handed on by {MostHops} buses already: their rules make a circle.");
        }

        // Asked for each event, as EventBridge does: a permission that is taken back ends what was set up under it.
        if (account != call.Account && !await permission.AllowsAsync(call.Account, bus, Keys(call.Event)))
        {
            return SendOutcome.Rejected(
                SendCodes.NoPermissions,
                $"The policy of the event bus {name} of account {account} does not let account {call.Account} put this event there. Its owner can: events:PutPermission.");
        }

        try
        {
            await intake.AcceptAsync("events.amazonaws.com", [EventIntake.Of(account, name, call.Event, call.Hops + 1)], cancellation);
            return SendOutcome.Delivered;
        }
        catch (Refusal refusal)
        {
            return SendOutcome.Retry(SendCodes.ConnectionFailure, refusal.Message);
        }
    }

    private static Dictionary<string, string[]> Keys(string json)
    {
        using var parsed = JsonDocument.Parse(json);
        string[] Of(string member) => parsed.RootElement.TryGetProperty(member, out var text) && text.ValueKind is JsonValueKind.String ? [text.GetString()!] : [];
        return new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase)
        {
            ["events:source"] = Of("source"),
            ["events:detail-type"] = Of("detail-type"),
            ["events:eventBusInvocation"] = ["true"],
        };
    }
}
