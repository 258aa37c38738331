using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Buses;

/// <summary>The keys and indexes of what the event buses are made of. Every one leads with the account.</summary>
internal static class EventRows
{
    public static void Configure(ModelBuilder model)
    {
        model.Entity<EventBus>().HasKey(b => new { b.AccountId, b.Name });
        model.Entity<EventRule>(rule =>
        {
            rule.HasKey(r => new { r.AccountId, r.Bus, r.Name });
            rule.Ignore(r => r.IsEnabled).Ignore(r => r.Key);
        });
        model.Entity<EventTarget>().HasKey(t => new { t.AccountId, t.Bus, t.Rule, t.Id });
        model.Entity<EventConnection>().HasKey(c => new { c.AccountId, c.Name });
        model.Entity<ApiDestination>().HasKey(d => new { d.AccountId, d.Name });
        model.Entity<EventArchive>().HasKey(a => new { a.AccountId, a.Name });
        model.Entity<EventReplay>().HasKey(r => new { r.AccountId, r.Name });
        model.Entity<EventTag>().HasKey(t => new { t.AccountId, t.Resource, t.Key });
    }
}
