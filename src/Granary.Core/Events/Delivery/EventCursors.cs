using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Delivery;

internal static class EventCursors
{
    /// <summary>Begins to follow a domain, where that has not been begun.</summary>
    public static Task AddAsync(GranaryContext db, EventCursor cursor) => db.Database.ExecuteSqlAsync(
        $"""
        INSERT INTO event_cursors (domain_id, owner, domain, reached) VALUES ({cursor.DomainId}, {cursor.Owner}, {cursor.Domain}, {cursor.Reached})
        ON CONFLICT (domain_id) DO NOTHING
        """,
        CancellationToken.None);
}
