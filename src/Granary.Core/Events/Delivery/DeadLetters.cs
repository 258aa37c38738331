using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Delivery;

/// <summary>What waits for a target.</summary>
/// <param name="Waiting">Events on their way to it.</param>
/// <param name="Oldest">When the first of them was matched; null where none waits.</param>
/// <param name="Dead">Events that it did not take.</param>
/// <param name="LastError">What the last attempt of one of the waiting failed of.</param>
public sealed record QueueFigures(TargetKey Target, int Waiting, DateTimeOffset? Oldest, int Dead, string? LastError);

/// <summary>The operator's view of events on their way, beside the server that sends them or without one.</summary>
public sealed class DeadLetters(GranaryDatabase database)
{
    /// <summary>Every target that anything waits for or was not taken by.</summary>
    public async Task<IReadOnlyList<QueueFigures>> FiguresAsync(CancellationToken cancellation)
    {
        await using var db = database.Open();
        var waiting = await db.EventDeliveries
            .GroupBy(d => new { d.AccountId, d.Bus, d.Rule, d.Target })
            .Select(g => new { g.Key, Count = g.Count(), Oldest = g.Min(d => d.AcceptedAt), Error = g.Max(d => d.LastError) })
            .ToListAsync(cancellation);
        var dead = await db.DeadLetters
            .GroupBy(d => new { d.AccountId, d.Bus, d.Rule, d.Target })
            .Select(g => new { g.Key, Count = g.Count() })
            .ToListAsync(cancellation);
        var queues = waiting.ToDictionary(
            w => new TargetKey(w.Key.AccountId, w.Key.Bus, w.Key.Rule, w.Key.Target), w => (w.Count, Oldest: (DateTimeOffset?)w.Oldest, w.Error));
        var letters = dead.ToDictionary(d => new TargetKey(d.Key.AccountId, d.Key.Bus, d.Key.Rule, d.Key.Target), d => d.Count);
        return
        [
            .. queues.Keys.Union(letters.Keys)
                .OrderBy(key => key.Account, StringComparer.Ordinal).ThenBy(key => key.Bus, StringComparer.Ordinal)
                .ThenBy(key => key.Rule, StringComparer.Ordinal).ThenBy(key => key.Target, StringComparer.Ordinal)
                .Select(key => queues.TryGetValue(key, out var queue)
                    ? new QueueFigures(key, queue.Count, queue.Oldest, letters.GetValueOrDefault(key), queue.Error)
                    : new QueueFigures(key, 0, null, letters[key], null)),
        ];
    }

    /// <summary>The oldest first.</summary>
    public async Task<IReadOnlyList<DeadLetter>> ListAsync(DeadLetterFilter filter, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await Rows(db, filter).OrderBy(l => l.Id).Take(take).ToListAsync(cancellation);
    }

    /// <summary>Has them offered to their targets again. The server that delivers does it within seconds, or when it is started.</summary>
    /// <returns>How many.</returns>
    public async Task<int> RedriveAsync(DeadLetterFilter filter, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await Rows(db, filter).ExecuteUpdateAsync(row => row.SetProperty(l => l.IsWanted, true), cancellation);
    }

    /// <summary>Forgets them.</summary>
    /// <returns>How many.</returns>
    public async Task<int> ForgetAsync(DeadLetterFilter filter, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await Rows(db, filter).ExecuteDeleteAsync(cancellation);
    }

    private static IQueryable<DeadLetter> Rows(GranaryContext db, DeadLetterFilter filter)
    {
        var letters = db.DeadLetters.AsNoTracking().Where(l => !l.IsWanted);
        letters = filter.Account is { } account ? letters.Where(l => l.AccountId == account) : letters;
        letters = filter.Rule is { } rule ? letters.Where(l => l.Rule == rule) : letters;
        return filter.Target is { } target ? letters.Where(l => l.Target == target) : letters;
    }
}

/// <summary>Which dead letters; null stands for all.</summary>
public sealed record DeadLetterFilter(string? Account, string? Rule, string? Target);
