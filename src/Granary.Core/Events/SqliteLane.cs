using System.Threading.Channels;
using Granary.Core.Database;
using Granary.Core.Trail;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Granary.Core.Events;

/// <summary>
/// SQLite has one writer. Whoever wants to write queues here, and whatever queued while the last commit went to the disk
/// is committed together: one sync for many publishes. Each piece of work has a savepoint, so one that refuses leaves
/// the others untouched.
/// </summary>
internal sealed class SqliteLane : IAsyncDisposable
{
    // Bounds how long the first of a batch waits for the last; a piece of work takes well under a millisecond.
    private const int LargestBatch = 64;

    private readonly TrailChains? trail;
    private readonly SqliteConnection connection;
    private readonly DbContextOptions<SqliteContext> options;
    private readonly Channel<Piece> queue = Channel.CreateUnbounded<Piece>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task loop;

    public SqliteLane(GranaryDatabase database, TrailChains? trail)
    {
        this.trail = trail;
        connection = new SqliteConnection(database.ConnectionString);
        options = new DbContextOptionsBuilder<SqliteContext>()
            .UseSqlite(connection)
            .AddInterceptors(new GranaryDatabase.SqlitePragmas())
            .Options;
        loop = Task.Run(RunLoopAsync);
    }

    /// <summary>Runs the work and returns when it is on the disk. <paramref name="committed"/> runs first, in commit order.</summary>
    /// <param name="record">What the audit trail tells of it, in the same commit.</param>
    public Task RunAsync(Func<GranaryContext, Task> work, Action committed, CancellationToken cancellation, TrailRecord? record = null)
    {
        var piece = new Piece(work, committed, record, cancellation);
        return queue.Writer.TryWrite(piece) ? piece.Done.Task : throw Refusal.Unavailable("The server is stopping. Send the request again.");
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await loop;
        await connection.DisposeAsync();
    }

    private async Task RunLoopAsync()
    {
        var batch = new List<Piece>(LargestBatch);
        while (await queue.Reader.WaitToReadAsync())
        {
            while (batch.Count < LargestBatch && queue.Reader.TryRead(out var piece))
            {
                if (piece.Cancellation.IsCancellationRequested)
                {
                    piece.Done.SetCanceled(piece.Cancellation);
                    continue;
                }

                batch.Add(piece);
            }

            if (batch.Count > 0)
            {
                await CommitAsync(batch);
                batch.Clear();
            }
        }
    }

    private async Task CommitAsync(List<Piece> batch)
    {
        Exception? lost = null;
        Piece? running = null;
        try
        {
            await using var db = new SqliteContext(options);
            await db.Database.OpenConnectionAsync();
            await using var transaction = await db.Database.BeginTransactionAsync();
            foreach (var piece in batch)
            {
                running = piece;
                await RunPieceAsync(piece, db, transaction);
            }

            running = null;
            // One segment for each domain of the batch, however many have changed it.
            if (trail is not null && batch.Exists(IsRecorded))
            {
                await trail.AppendAsync(db, [.. batch.Where(IsRecorded).Select(piece => piece.Record!)]);
            }

            await transaction.CommitAsync();
        }
#pragma warning disable CA1031 // The edge of the lane: it must outlive every failure, or nobody writes again.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            // Nothing of the batch is on the disk: every piece of it failed, whatever it had answered. After a full disk SQLite
            // rolls everything back by itself; then the piece that ran knows the reason, and the savepoint is merely gone.
            lost = running?.Failure is Refusal { Kind: RefusalKind.StorageFull or RefusalKind.Unavailable } reason ? reason : Unwrap(failure);
        }

        foreach (var piece in batch)
        {
            piece.Complete(lost);
        }
    }

    private static async Task RunPieceAsync(Piece piece, SqliteContext db, IDbContextTransaction transaction)
    {
        await transaction.CreateSavepointAsync("piece");
        try
        {
            await piece.Work(db);
            await transaction.ReleaseSavepointAsync("piece");
        }
#pragma warning disable CA1031 // The edge of the lane: whatever the work threw belongs to whoever queued it.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            piece.Failure = Unwrap(failure);
            await transaction.RollbackToSavepointAsync("piece");
        }
        finally
        {
            // The next piece must not save what this one tracked.
            db.ChangeTracker.Clear();
        }
    }

    private static bool IsRecorded(Piece piece) => piece is { Record.IsWritten: true, Failure: null };

    private static Exception Unwrap(Exception failure) => StorageFailure.Of(failure) ?? failure;

    private sealed class Piece(Func<GranaryContext, Task> work, Action committed, TrailRecord? record, CancellationToken cancellation)
    {
        public TrailRecord? Record => record;

        public Func<GranaryContext, Task> Work => work;

        public CancellationToken Cancellation => cancellation;

        // Continuations elsewhere: a request that goes on must not hold up the next commit.
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Exception? Failure { get; set; }

        public void Complete(Exception? lost)
        {
            // The loss first: what a piece refused it may have refused because of a neighbour that was lost with it.
            if ((lost ?? Failure) is { } failure)
            {
                Done.SetException(failure);
                return;
            }

            committed();
            Done.SetResult();
        }
    }
}
