using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Buses;

/// <summary>The event buses of accounts.</summary>
public sealed class EventBusStore(GranaryDatabase database)
{
    /// <summary>The bus; of <see cref="EventBus.Default"/> a row that holds nothing where nothing was set. Null where there is none.</summary>
    public async Task<EventBus?> FindAsync(string account, string bus, CancellationToken cancellation)
    {
        await using var db = database.Open();
        if (await db.EventBuses.AsNoTracking().SingleOrDefaultAsync(b => b.AccountId == account && b.Name == bus, cancellation) is { } row)
        {
            return row;
        }

        return bus == EventBus.Default && await db.Accounts.AsNoTracking().SingleOrDefaultAsync(a => a.Id == account, cancellation) is { } owner
            ? Unset(account, owner.CreatedAt)
            : null;
    }

    /// <summary>Asks whether an account has a bus.</summary>
    /// <exception cref="Refusal">ResourceNotFound.</exception>
    internal static async Task DemandAsync(GranaryContext db, string account, string bus)
    {
        if (bus != EventBus.Default && !await db.EventBuses.AnyAsync(b => b.AccountId == account && b.Name == bus))
        {
            throw EventRefusals.NoBus(bus);
        }
    }

    private static EventBus Unset(string account, DateTimeOffset created) =>
        new() { AccountId = account, Name = EventBus.Default, CreatedAt = created, ModifiedAt = created };
}
