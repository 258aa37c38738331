using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Delivery;

/// <summary>The keys and indexes of events on their way. Those of accounts lead with the account.</summary>
internal static class DeliveryRows
{
    public static void Configure(ModelBuilder model)
    {
        model.Entity<EventCursor>(cursor =>
        {
            cursor.HasKey(c => c.DomainId);
            cursor.Property(c => c.DomainId).ValueGeneratedNever();
        });
        model.Entity<IncomingEvent>().HasKey(e => new { e.AccountId, e.Id });
        model.Entity<EventDelivery>(delivery =>
        {
            delivery.HasKey(d => new { d.AccountId, d.Bus, d.Rule, d.Target, d.Id });
            delivery.HasIndex(d => new { d.AccountId, d.Bus, d.Rule, d.Target, d.OrderKey, d.Id });
        });
        model.Entity<DeadLetter>(letter =>
        {
            letter.HasKey(l => new { l.AccountId, l.Bus, l.Rule, l.Target, l.Id });
            // Looked for after every change, among letters that may be many and lie for years.
            letter.HasIndex(l => l.Id).HasFilter("is_wanted");
        });
        model.Entity<ArchivedEvent>(archived =>
        {
            archived.HasKey(e => new { e.AccountId, e.ArchiveId, e.Id });
            archived.HasIndex(e => new { e.AccountId, e.ArchiveId, e.At, e.Id });
        });
    }
}
