using Granary.Core;
using Granary.Core.Events.Buses;

namespace Granary.Server.Aws.EventBridge;

/// <summary>
/// Whether a target may be put where this server would otherwise act for somebody who may not: events go to a bus only where its owner lets them, and to
/// API destinations of the rule's own account alone.
/// </summary>
internal static class TargetReach
{
    /// <exception cref="Refusal">Validation, ResourceNotFound, AccessDenied.</exception>
    public static async Task DemandAsync(EventCall call, RuleName rule, EventTarget target)
    {
        var arn = TargetArn.Parse(target.Arn)!;
        if (arn.Kind is TargetKind.EventBus)
        {
            await DemandBusAsync(call, rule, arn);
        }
        else if (arn.Kind is TargetKind.ApiDestination)
        {
            await DemandDestinationAsync(call, target, arn);
        }
    }

    private static async Task DemandBusAsync(EventCall call, RuleName rule, TargetArn arn)
    {
        if (arn.Region != call.Arns.Region)
        {
            throw EventRefusals.Invalid($"The event bus {arn.Resource} is of region {arn.Region}, and this server's region is {call.Arns.Region}.");
        }

        if (arn.Account == rule.Account)
        {
            if (arn.Resource == rule.Bus)
            {
                throw EventRefusals.Invalid($"Rule {rule.Name} cannot send the events of event bus {rule.Bus} to that same bus.");
            }

            _ = await call.Service<EventBusStore>().FindAsync(rule.Account, arn.Resource, call.Cancellation) ?? throw EventRefusals.NoBus(arn.Resource);
        }
        else if (!await call.MayAsync(BusPermission.Action, arn.Account, arn.Resource, keys: null))
        {
            throw Refusal.AccessDenied(call.Principal.Arn, BusPermission.Action, call.Arns.Bus(arn.Account, arn.Resource));
        }
        else if (await call.Service<EventBusStore>().FindAsync(arn.Account, arn.Resource, call.Cancellation) is { } bus
            && !await call.Service<BusPermission>().AllowsAsync(rule.Account, bus, keys: null))
        {
            // The rule sends as its account and not as the caller: nothing would ever arrive.
            throw Refusal.AccessDenied(BusPermission.Sender(rule.Account).Arn, BusPermission.Action, call.Arns.Bus(arn.Account, arn.Resource));
        }
    }

    private static async Task DemandDestinationAsync(EventCall call, EventTarget target, TargetArn arn)
    {
        var slash = arn.Resource.IndexOf('/', StringComparison.Ordinal);
        var (name, id) = (arn.Resource[..slash], arn.Resource[(slash + 1)..]);
        var found = arn.Account == target.AccountId && arn.Region == call.Arns.Region
            ? await call.Service<ApiDestinationStore>().FindAsync(arn.Account, name, call.Cancellation)
            : null;
        if (found?.Destination.Id != id)
        {
            throw EventRefusals.NotFound($"Account {target.AccountId} has no API destination {target.Arn}.");
        }
    }
}
