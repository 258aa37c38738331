using System.Runtime.CompilerServices;
using Granary.Core.Database;
using Granary.Core.Events.Buses;
using Granary.Core.Events.Delivery;
using Granary.Server.Aws.EventBridge;
using Granary.Server.Events.Targets;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Events;

/// <summary>The targets of rules as they are now, and the API destinations among them.</summary>
internal sealed class TargetDirectory(GranaryDatabase database, EventRules rules, EventArns arns, ApiDestinationStore destinations, ConnectionSeal seal)
{
    private readonly ConditionalWeakTable<EventTarget, PreparedTarget> prepared = [];

    /// <summary>The target of a delivery; null where it was removed since.</summary>
    public async Task<PreparedTarget?> FindAsync(EventDelivery delivery, CancellationToken cancellation)
    {
        var bus = await rules.ForAsync(delivery.AccountId, delivery.Bus);
        var target = bus.Rules.FirstOrDefault(r => r.Rule.Name == delivery.Rule)?.Targets.FirstOrDefault(t => t.Id == delivery.Target)
            // A rule that was disabled since: what it has matched is still delivered.
            ?? await ReadAsync(delivery, cancellation);
        return target is null ? null : prepared.GetValue(target, t => new PreparedTarget(t, arns.Rule(t.AccountId, t.Bus, t.Rule)));
    }

    /// <summary>Where an API destination is, and how many requests a second it is sent; null for other targets, and where it is gone.</summary>
    public async Task<(WebDestination Destination, int Rate)?> DestinationAsync(string account, string arn, CancellationToken cancellation)
    {
        if (TargetArn.Parse(arn) is not { Kind: TargetKind.ApiDestination, Resource: var resource }
            || await destinations.FindAsync(account, resource[..resource.IndexOf('/', StringComparison.Ordinal)], cancellation) is not var (destination, connection)
            || !resource.EndsWith($"/{destination.Id}", StringComparison.Ordinal))
        {
            return null;
        }

        var parameters = connection is null ? null : seal.OpenJson(connection);
        return (
            new WebDestination(
                destination.Id,
                destination.InvocationEndpoint,
                destination.HttpMethod,
                connection?.Id,
                parameters is null ? null : WebAuthorization.Parse(parameters)),
            destination.InvocationRateLimitPerSecond);
    }

    private async Task<EventTarget?> ReadAsync(EventDelivery delivery, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.EventTargets.AsNoTracking().SingleOrDefaultAsync(
            t => t.AccountId == delivery.AccountId && t.Bus == delivery.Bus && t.Rule == delivery.Rule && t.Id == delivery.Target, cancellation);
    }
}
