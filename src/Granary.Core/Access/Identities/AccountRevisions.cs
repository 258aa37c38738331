using System.Collections.Concurrent;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>
/// The current revision of each account's identities and policies. As with domains (<see cref="Events.DomainStamps"/>): on
/// SQLite this process is the only writer and remembers what it committed; on PostgreSQL the row is read each time, once for all who
/// ask at that instant.
/// </summary>
public sealed class AccountRevisions
{
    private static readonly CompiledQuery<Func<GranaryContext, string, Task<long?>>> Read = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, string id) => db.Accounts.Where(a => a.Id == id).Select(a => (long?)a.Revision).SingleOrDefault()));

    private readonly GranaryDatabase database;
    private readonly SharedQuestion<string, long?> question;
    private readonly ConcurrentDictionary<string, long> committed = new(StringComparer.Ordinal);

    public AccountRevisions(GranaryDatabase database)
    {
        this.database = database;
        question = new(ReadAsync);
    }

    /// <summary>The revision, or null where there is no such account.</summary>
    public ValueTask<long?> CurrentAsync(string accountId) =>
        Committed(accountId) is { } revision ? new(revision) : new(question.AskAsync(accountId));

    /// <summary>The revision if it is known without asking the database, which it never is on PostgreSQL; else null.</summary>
    public long? Committed(string accountId) => committed.TryGetValue(accountId, out var revision) ? revision : null;

    /// <summary>Called after a commit, in commit order within an account.</summary>
    internal void Advance(string accountId, long revision)
    {
        if (database.Engine is Engine.Sqlite)
        {
            committed[accountId] = revision;
        }
    }

    private async Task<long?> ReadAsync(string accountId)
    {
        await using var db = database.Open();
        var revision = await Read.On(db)(db, accountId);
        // Accounts that do not exist are not remembered: another process may make one, and nobody fills the memory with made-up ones.
        return revision is { } value && database.Engine is Engine.Sqlite ? committed.GetOrAdd(accountId, value) : revision;
    }
}
