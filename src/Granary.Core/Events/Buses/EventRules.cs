using System.Collections.Concurrent;
using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Granary.Core.Events.Patterns;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Buses;

/// <summary>
/// What becomes of the events of a bus, as it is now: a set is used only while its account's revision is current, which every change to a
/// bus, a rule, a target or an archive moves in its own transaction.
/// </summary>
public sealed class EventRules(GranaryDatabase database, AccountRevisions revisions)
{
    // Past it the whole is forgotten and read anew.
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<(string Account, string Bus), BusRules> sets = new();

    /// <summary>The set of a bus; an empty one where there is no such account or bus.</summary>
    public ValueTask<BusRules> ForAsync(string account, string bus) =>
        sets.TryGetValue((account, bus), out var known) && known.Revision == revisions.Committed(account) ? new(known) : new(CheckAsync(account, bus));

    private async Task<BusRules> CheckAsync(string account, string bus)
    {
        // The revision before the rows: rows that are newer than it are read again by the next question.
        if (await revisions.CurrentAsync(account) is not { } revision)
        {
            return new BusRules(-1, [], []);
        }

        if (sets.TryGetValue((account, bus), out var known) && known.Revision == revision)
        {
            return known;
        }

        if (sets.Count >= Most)
        {
            sets.Clear();
        }

        await using var db = database.Open();
        return sets[(account, bus)] = await LoadAsync(db, account, bus, revision);
    }

    private static async Task<BusRules> LoadAsync(GranaryContext db, string account, string bus, long revision)
    {
        var rules = await db.EventRules.AsNoTracking()
            .Where(r => r.AccountId == account && r.Bus == bus && r.State != EventRule.Disabled).OrderBy(r => r.Name).ToListAsync();
        var targets = (await db.EventTargets.AsNoTracking().Where(t => t.AccountId == account && t.Bus == bus).OrderBy(t => t.Id).ToListAsync())
            .ToLookup(t => t.Rule, StringComparer.Ordinal);
        var archives = await db.EventArchives.AsNoTracking().Where(a => a.AccountId == account && a.Bus == bus).OrderBy(a => a.Name).ToListAsync();
        return new BusRules(revision, [.. rules.Select(r => new ActiveRule(r, EventPattern.Parse(r.Pattern), [.. targets[r.Name]]))],
            [.. archives.Select(a => new ActiveArchive(a, a.Pattern is null ? null : EventPattern.Parse(a.Pattern)))]);
    }
}

/// <param name="Revision">Of the account, at least as old as what was read.</param>
/// <param name="Rules">The enabled ones, by name.</param>
/// <param name="Archives">By name.</param>
public sealed record BusRules(long Revision, IReadOnlyList<ActiveRule> Rules, IReadOnlyList<ActiveArchive> Archives);

/// <summary>An enabled rule with its targets, by id.</summary>
public sealed record ActiveRule(EventRule Rule, EventPattern Pattern, IReadOnlyList<EventTarget> Targets);

/// <summary>An archive of a bus. Its counts are not kept up.</summary>
/// <param name="Pattern">What it keeps; null for everything.</param>
public sealed record ActiveArchive(EventArchive Archive, EventPattern? Pattern);
