using System.Data;
using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Granary.Core.Trail;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events;

/// <summary>
/// The only way to change anything inside a domain. The work runs in one transaction that holds the domain's row, so
/// writers of one domain follow each other and every race is decided here; writers of two domains do not meet on PostgreSQL.
/// </summary>
public sealed class ChangeLog(
    GranaryDatabase database, DomainStamps stamps, AccountRevisions revisions, TimeProvider clock, TrailChains? trail = null) : IAsyncDisposable
{
    /// <summary>Pulsed after each commit of this process.</summary>
    public ChangeSignal Signal { get; } = new();

    private readonly SqliteLane? lane = database.Engine is Engine.Sqlite ? new SqliteLane(database, trail) : null;

    /// <summary>
    /// Runs <paramref name="work"/> and commits it. When it throws, nothing of it stays. Once begun it runs to its end even
    /// if the client has gone: <paramref name="cancellation"/> counts only while it waits for its turn.
    /// </summary>
    /// <exception cref="Refusal">The domain does not exist any more, or the work refused.</exception>
    public async Task<T> WriteAsync<T>(long domainId, Actor actor, Func<ChangeTransaction, Task<T>> work, CancellationToken cancellation)
    {
        T result = default!;
        DomainStamp stamp = default;
        async Task RunAsync(GranaryContext db, CancellationToken waiting)
        {
            var transaction = await BeginAsync(db, domainId, actor, waiting);
            var start = transaction.Stamp;
            result = await work(transaction);
            stamp = await EndAsync(transaction);
            if (stamp == start)
            {
                // Nothing changed, and whether that is a success only the caller knows.
                actor.Record?.Release();
            }
        }

        if (lane is not null)
        {
            await RecordAsync(actor, record =>
                lane.RunAsync(db => RunAsync(db, CancellationToken.None), () => Advance(domainId, stamp), cancellation, record));
            return result;
        }

        await RecordAsync(actor, record => CommitAsync(db => RunAsync(db, cancellation), record, cancellation));
        Advance(domainId, stamp);
        return result;
    }

    /// <summary>
    /// A change to the identities or policies of an account: it holds the account, and moves its revision, so that whatever was
    /// derived from them is looked at anew.
    /// </summary>
    /// <exception cref="Refusal">The account does not exist, or the work refused.</exception>
    public async Task<T> WriteAccountAsync<T>(string accountId, Actor actor, Func<GranaryContext, Task<T>> work, CancellationToken cancellation)
    {
        T result = default!;
        long revision = 0;
        async Task RunAsync(GranaryContext db)
        {
            var held = await db.Database
                .SqlQuery<long>($"""UPDATE accounts SET revision = revision + 1 WHERE id = {accountId} RETURNING revision AS "Value" """)
                .ToListAsync(CancellationToken.None);
            revision = held is [var moved] ? moved : throw Refusal.NotFound("account", accountId, $"There is no account {accountId}.");
            result = await work(db);
            await db.SaveChangesAsync(CancellationToken.None);
        }

        await RecordAsync(actor, record => lane is not null
            ? lane.RunAsync(RunAsync, () => revisions.Advance(accountId, revision), cancellation, record)
            : CommitAsync(RunAsync, record, cancellation));
        Signal.Pulse();
        return result;
    }

    /// <summary>A write outside any domain and account: accounts and domains themselves, tokens. Same promises.</summary>
    public Task WriteServerAsync(Func<GranaryContext, Task> work, CancellationToken cancellation) => WriteServerAsync("", work, cancellation);

    /// <summary>The same for a request.</summary>
    public Task WriteServerAsync(Actor actor, Func<GranaryContext, Task> work, CancellationToken cancellation) =>
        RecordAsync(actor, record => lane is not null
            ? lane.RunAsync(work, () => { }, cancellation, record)
            : CommitAsync(work, record, cancellation));

    /// <summary>Appends what has no change of its own to a chain of the audit trail.</summary>
    internal Task AppendAsync(string chain, IReadOnlyList<SegmentContent> contents)
    {
        async Task RunAsync(GranaryContext db)
        {
            foreach (var content in contents)
            {
                await trail!.AppendAsync(db, chain, content);
            }
        }

        return WriteServerAsync(RunAsync, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => lane?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Advance(long domainId, DomainStamp stamp)
    {
        stamps.Advance(domainId, stamp);
        Signal.Pulse();
    }

    /// <summary>Gives the request's record to its first transaction, and takes it back where that comes to nothing.</summary>
    private async Task RecordAsync(Actor actor, Func<TrailRecord?, Task> write)
    {
        var record = trail is not null && actor.Record?.Claim(clock.GetUtcNow()) is true ? actor.Record : null;
        try
        {
            await write(record);
        }
        catch
        {
            record?.Release();
            throw;
        }
    }

    private async Task CommitAsync(Func<GranaryContext, Task> work, TrailRecord? record, CancellationToken cancellation)
    {
        try
        {
            await using var db = database.Open();
            await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
            try
            {
                await work(db);
                if (record is { IsWritten: true })
                {
                    await trail!.AppendAsync(db, [record]);
                }

                await StandbyCommit.RunAsync(db, transaction);
            }
            catch (InvalidOperationException failure) when (db.Database.GetDbConnection().State is not ConnectionState.Open)
            {
                // A connection that is found broken takes its transaction along, and "already completed" is all that the next statement says of it.
                throw StorageFailure.Lost(failure);
            }
        }
        catch (Exception failure) when (failure is not Refusal && StorageFailure.Of(failure) is not null)
        {
            throw StorageFailure.Of(failure)!;
        }
    }

    private async Task<ChangeTransaction> BeginAsync(GranaryContext db, long domainId, Actor actor, CancellationToken waiting)
    {
        // An update and not a select: it takes the row's lock (or SQLite's write lock) before anything is read.
        var held = await db.Database
            .SqlQuery<HeldDomain>(
                $"""
                UPDATE domains SET sequence = sequence WHERE id = {domainId}
                RETURNING sequence AS "Sequence", configuration_sequence AS "ConfigurationSequence"
                """)
            .ToListAsync(waiting);
        if (held is not [var domain])
        {
            stamps.Retire(domainId);
            throw Refusal.NotFound(ResourceType.Domain, "", "The domain was deleted while the request ran.");
        }

        var start = new DomainStamp(domain.Sequence, domain.ConfigurationSequence);
        return new ChangeTransaction(db, domainId, start, actor, clock.GetUtcNow());
    }

    private static async Task<DomainStamp> EndAsync(ChangeTransaction transaction)
    {
        await transaction.Db.SaveChangesAsync();
        var (sequence, configuration) = transaction.Stamp;
        await transaction.Db.Database.ExecuteSqlAsync(
            $"UPDATE domains SET sequence = {sequence}, configuration_sequence = {configuration} WHERE id = {transaction.DomainId}");
        return transaction.Stamp;
    }

    private sealed class HeldDomain
    {
        public long Sequence { get; init; }

        public long ConfigurationSequence { get; init; }
    }
}
