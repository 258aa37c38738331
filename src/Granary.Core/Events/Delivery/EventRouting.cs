using System.Text.Json;
using Granary.Core.Database;
using Granary.Core.Events.Buses;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Delivery;

/// <summary>Compares events with the rules and archives of their buses, and collects the rows that follow.</summary>
/// <param name="rules">Of every bus.</param>
/// <param name="lastId">The number of the last row that was made.</param>
internal sealed class EventRouting(EventRules rules, long lastId, DateTimeOffset now)
{
    private readonly Dictionary<(string Account, string Bus), BusRules> known = [];
    private readonly List<EventDelivery> deliveries = [];
    private readonly List<ArchivedEvent> archived = [];

    public long LastId { get; private set; } = lastId;

    public bool IsEmpty => deliveries.Count == 0 && archived.Count == 0;

    /// <summary>The targets that get anything.</summary>
    public IEnumerable<TargetKey> Targets => deliveries.Select(d => new TargetKey(d.AccountId, d.Bus, d.Rule, d.Target)).Distinct();

    /// <summary>Whether anything at all listens on a bus: where nothing does, nothing needs to be rendered.</summary>
    public async ValueTask<bool> IsHeardAsync(string account, string bus) =>
        await RulesAsync(account, bus) is { Rules: not [] } or { Archives: not [] };

    /// <summary>The event is new on its bus.</summary>
    public async Task AddAsync(BusEvent told)
    {
        var bus = await RulesAsync(told.Account, told.Bus);
        using var parsed = JsonDocument.Parse(told.Json);
        Match(told, told.OrderKey, bus, parsed.RootElement, _ => true);
        foreach (var archive in bus.Archives)
        {
            if (archive.Pattern?.Matches(parsed.RootElement) is not false)
            {
                archived.Add(new ArchivedEvent
                {
                    AccountId = told.Account,
                    ArchiveId = archive.Archive.Id,
                    Id = ++LastId,
                    At = told.At,
                    OrderKey = told.OrderKey,
                    Event = told.Json,
                });
            }
        }
    }

    /// <summary>The event comes from an archive, which does not get it again.</summary>
    /// <param name="only">The names of the rules that get it; null for all.</param>
    public async Task AddReplayedAsync(BusEvent told, IReadOnlySet<string>? only)
    {
        var bus = await RulesAsync(told.Account, told.Bus);
        using var parsed = JsonDocument.Parse(told.Json);
        // Of a key of their own: they are in order among themselves, and do not wait for what happens now.
        Match(told, $"replay {told.OrderKey}", bus, parsed.RootElement, rule => only?.Contains(rule) is not false);
    }

    /// <summary>A dead letter is to be offered once more.</summary>
    public void AddAgain(DeadLetter letter) => Add(
        new TargetKey(letter.AccountId, letter.Bus, letter.Rule, letter.Target), letter.OrderKey, letter.Event, hops: 0);

    /// <summary>Writes the rows, into the transaction that also says that it has been done.</summary>
    public async Task WriteAsync(GranaryContext db)
    {
        db.EventDeliveries.AddRange(deliveries);
        db.ArchivedEvents.AddRange(archived);
        await db.SaveChangesAsync(CancellationToken.None);
        foreach (var archive in archived.GroupBy(e => (e.AccountId, e.ArchiveId)))
        {
            var (count, bytes) = (archive.Count(), archive.Sum(e => (long)e.Event.Length));
            await db.Database.ExecuteSqlAsync(
                $"UPDATE event_archives SET event_count = event_count + {count}, size_bytes = size_bytes + {bytes} WHERE account_id = {archive.Key.AccountId} AND id = {archive.Key.ArchiveId}",
                CancellationToken.None);
        }
    }

    private void Match(BusEvent told, string orderKey, BusRules bus, JsonElement parsed, Func<string, bool> isAsked)
    {
        foreach (var rule in bus.Rules)
        {
            if (isAsked(rule.Rule.Name) && rule.Pattern.Matches(parsed))
            {
                foreach (var target in rule.Targets)
                {
                    Add(new TargetKey(told.Account, told.Bus, rule.Rule.Name, target.Id), orderKey, told.Json, told.Hops);
                }
            }
        }
    }

    private void Add(TargetKey target, string orderKey, string json, int hops) => deliveries.Add(new EventDelivery
    {
        AccountId = target.Account,
        Bus = target.Bus,
        Rule = target.Rule,
        Target = target.Target,
        Id = ++LastId,
        OrderKey = orderKey,
        Event = json,
        Hops = hops,
        AcceptedAt = now,
        DueAt = now,
    });

    /// <summary>Asked once for each batch, which is decided by one state of the rules.</summary>
    private async ValueTask<BusRules> RulesAsync(string account, string bus)
    {
        if (!known.TryGetValue((account, bus), out var found))
        {
            known.Add((account, bus), found = await rules.ForAsync(account, bus));
        }

        return found;
    }
}
