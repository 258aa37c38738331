using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Granary.Core.Events.Buses;
using Granary.Core.Events.Delivery;
using Granary.Server.Aws.EventBridge;
using Granary.Server.Events.Targets;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Events;

/// <summary>
/// The targets of rules as they are now, and the API destinations among them. What was read is used while the account's revision is the one
/// that it was read at, which every change to a rule, a destination or a connection moves.
/// </summary>
internal sealed class TargetDirectory(
    GranaryDatabase database, EventRules rules, AccountRevisions revisions, EventArns arns, ApiDestinationStore destinations, ConnectionSeal seal)
{
    // Past it the whole is forgotten and read anew.
    private const int Most = 10_000;

    private readonly ConditionalWeakTable<EventTarget, PreparedTarget> prepared = [];
    private readonly ConcurrentDictionary<(string Account, string Arn), (long Revision, (WebDestination, int)? Found)> known = new();

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
    public async ValueTask<(WebDestination Destination, int Rate)?> DestinationAsync(string account, string arn, CancellationToken cancellation)
    {
        if (TargetArn.Parse(arn) is not { Kind: TargetKind.ApiDestination, Resource: var resource })
        {
            return null;
        }

        // The revision before the rows: rows that are newer than it are read again by the next question.
        if (await revisions.CurrentAsync(account) is not { } revision)
        {
            return null;
        }

        if (known.TryGetValue((account, arn), out var kept) && kept.Revision == revision)
        {
            return kept.Found;
        }

        var found = await ReadDestinationAsync(account, resource, cancellation);
        if (known.Count >= Most)
        {
            known.Clear();
        }

        known[(account, arn)] = (revision, found);
        return found;
    }

    private async Task<(WebDestination Destination, int Rate)?> ReadDestinationAsync(string account, string resource, CancellationToken cancellation)
    {
        if (await destinations.FindAsync(account, resource[..resource.IndexOf('/', StringComparison.Ordinal)], cancellation) is not var (destination, connection)
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
