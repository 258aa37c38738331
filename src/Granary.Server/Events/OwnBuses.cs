using Granary.Core;
using Granary.Core.Events.Buses;
using Granary.Core.Events.Delivery;
using Granary.Server.Events.Targets;

namespace Granary.Server.Events;

/// <summary>Hands events from one bus of this server to another one.</summary>
internal sealed class OwnBuses(EventBusStore buses, EventArns arns, EventIntake intake)
{
    // What goes round in a circle ends here.
    private const int MostHops = 8;

    /// <summary>As of <see cref="SendToOwnBus"/>: an account that this server does not have is asked by its API.</summary>
    public async Task<SendOutcome?> SendAsync(TargetCall call, CancellationToken cancellation)
    {
        if (arns.BusOf(call.Arn) is not var (account, bus) || await buses.FindAsync(account, bus, cancellation) is null)
        {
            return null;
        }

        if (call.Hops >= MostHops)
        {
            return SendOutcome.Rejected(SendCodes.InvalidParameter, $"The event was handed on by {MostHops} buses already: their rules make a circle.");
        }

        try
        {
            await intake.AcceptAsync("events.amazonaws.com", [EventIntake.Of(account, bus, call.Event, call.Hops + 1)], cancellation);
            return SendOutcome.Delivered;
        }
        catch (Refusal refusal)
        {
            return SendOutcome.Retry(SendCodes.ConnectionFailure, refusal.Message);
        }
    }
}
