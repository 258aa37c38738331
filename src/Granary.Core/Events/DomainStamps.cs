using System.Collections.Concurrent;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events;

/// <summary>How far a domain's change log has come: anything derived from an equal stamp is still true.</summary>
public readonly record struct DomainStamp(long Sequence, long Configuration);

/// <summary>
/// The current stamp of each domain. On SQLite this process is the only writer and remembers what it committed; on
/// PostgreSQL another node may have written, so the row is read each time, once for all who ask at that instant.
/// </summary>
public sealed class DomainStamps
{
    private static readonly CompiledQuery<Func<GranaryContext, long, Task<DomainStamp?>>> Read = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, long id) => db.Domains
            .Where(d => d.Id == id)
            .Select(d => (DomainStamp?)new DomainStamp(d.Sequence, d.ConfigurationSequence))
            .SingleOrDefault()));

    private readonly GranaryDatabase database;
    private readonly SharedQuestion<long, DomainStamp?> question;
    private readonly ConcurrentDictionary<long, DomainStamp> committed = new();

    public DomainStamps(GranaryDatabase database)
    {
        this.database = database;
        question = new(ReadAsync);
    }

    /// <summary>The stamp, or null when the domain does not exist any more.</summary>
    public ValueTask<DomainStamp?> CurrentAsync(long domainId, CancellationToken cancellation) =>
        Committed(domainId) is { } stamp ? new(stamp) : new(question.AskAsync(domainId).WaitAsync(cancellation));

    /// <summary>The stamp if it is known without asking the database, which it never is on PostgreSQL; else null.</summary>
    public DomainStamp? Committed(long domainId) => committed.TryGetValue(domainId, out var stamp) ? stamp : null;

    /// <summary>Called after a commit, in commit order within a domain.</summary>
    internal void Advance(long domainId, DomainStamp stamp)
    {
        if (database.Engine is Engine.Sqlite)
        {
            committed[domainId] = stamp;
        }
    }

    /// <summary>Called when the domain is gone: nothing derived from it is true any more.</summary>
    internal void Retire(long domainId) => committed[domainId] = new DomainStamp(-1, -1);

    private async Task<DomainStamp?> ReadAsync(long domainId)
    {
        await using var db = database.Open();
        var stamp = await Read.On(db)(db, domainId);
        if (stamp is { } value && database.Engine is Engine.Sqlite)
        {
            // A commit since the read has already put a later stamp there, and that one stays.
            return committed.GetOrAdd(domainId, value);
        }

        return stamp;
    }
}
