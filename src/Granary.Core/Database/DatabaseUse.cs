using Npgsql;

namespace Granary.Core.Database;

/// <summary>
/// Says to everybody else that a PostgreSQL database is in use, by an advisory lock that ends with its holder: servers share it, and
/// whoever needs the database alone (a migration, a restore, a rotation of keys) is refused while one runs, and they while it does.
/// SQLite's database has the lock of its data directory.
/// </summary>
public sealed class DatabaseUse : IAsyncDisposable
{
    // Two numbers: what FetchLocks holds is of one, so that they never meet. "gran" in ASCII, and which of its kind.
    private const string Key = "1735549294, 1";
    private const string EventsKey = "1735549294, 2";

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private readonly string connectionString;
    private readonly string attempt;
    private readonly CancellationTokenSource stop = new();
    private NpgsqlConnection? connection;
    private Task watch = Task.CompletedTask;

    private DatabaseUse(string connectionString, string attempt) => (this.connectionString, this.attempt) = (connectionString, attempt);

    /// <summary>For a server, and for whatever runs beside servers.</summary>
    /// <exception cref="InvalidOperationException">Somebody needs the database alone.</exception>
    public static async Task<DatabaseUse> ShareAsync(GranaryDatabase database, CancellationToken cancellation) =>
        await TakeAsync(database, "pg_try_advisory_lock_shared", Key, cancellation)
        ?? throw new InvalidOperationException("The database is being migrated, restored or given new keys. Wait until that has ended, and start again.");

    /// <summary>For whoever must not meet a server.</summary>
    /// <exception cref="InvalidOperationException">A server, or something else like this, uses the database.</exception>
    public static async Task<DatabaseUse> HoldAloneAsync(GranaryDatabase database, CancellationToken cancellation) =>
        await TakeAsync(database, "pg_try_advisory_lock", Key, cancellation)
        ?? throw new InvalidOperationException("A Granary uses the database. Stop all servers of this database first.");

    /// <summary>For the one node that turns changes into events and delivers them; null while another one does.</summary>
    public static Task<DatabaseUse?> TryHoldEventsAsync(GranaryDatabase database, CancellationToken cancellation) =>
        TakeAsync(database, "pg_try_advisory_lock", EventsKey, cancellation);

    /// <summary>
    /// Takes the lock anew where its connection breaks, as it does when the database is restarted, and calls <paramref name="lost"/>
    /// where somebody else has it by then.
    /// </summary>
    public void Watch(TimeProvider clock, Action lost) => watch = connection is null ? Task.CompletedTask : WatchAsync(clock, lost);

    /// <summary>Whether the lock has not ended with its connection.</summary>
    public async ValueTask<bool> IsAliveAsync(CancellationToken cancellation) => connection is null || await HasAnswerAsync(connection, cancellation);

    /// <exception cref="InvalidOperationException">The lock ended with its connection, so that a server may have started meanwhile.</exception>
    public async Task DemandAsync(CancellationToken cancellation)
    {
        if (!await IsAliveAsync(cancellation))
        {
            throw new InvalidOperationException("The connection to the database was lost, and with it the lock that keeps servers away. Run the same command again.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watch;
        stop.Dispose();
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
    }

    private static async Task<DatabaseUse?> TakeAsync(GranaryDatabase database, string function, string key, CancellationToken cancellation)
    {
        // Not of the pool, which would give the connection to somebody else with the lock on it.
        var use = new DatabaseUse(
            database.Engine is Engine.Sqlite ? "" : new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false, KeepAlive = 30 }.ConnectionString,
            $"SELECT {function}({key})");
        return database.Engine is Engine.Sqlite || await use.TryAsync(cancellation) ? use : null;
    }

    private async Task<bool> TryAsync(CancellationToken cancellation)
    {
        var opened = new NpgsqlConnection(connectionString);
        try
        {
            await opened.OpenAsync(cancellation);
            await using var command = opened.CreateCommand();
#pragma warning disable CA2100 // Of constants.
            command.CommandText = attempt;
#pragma warning restore CA2100
            if (await command.ExecuteScalarAsync(cancellation) is true)
            {
                (connection, opened) = (opened, null);
                return true;
            }

            return false;
        }
        finally
        {
            if (opened is not null)
            {
                await opened.DisposeAsync();
            }
        }
    }

    private async Task WatchAsync(TimeProvider clock, Action lost)
    {
        try
        {
            do
            {
                await Task.Delay(Look, clock, stop.Token);
            }
            while (await IsHeldAsync());
            lost();
        }
        catch (OperationCanceledException)
        {
            // The end of the server.
        }
    }

    /// <summary>False where somebody else has it. While the database is away nobody has, and it is asked again.</summary>
    private async Task<bool> IsHeldAsync()
    {
        if (await HasAnswerAsync(connection!, stop.Token))
        {
            return true;
        }

        await connection!.DisposeAsync();
        try
        {
            return await TryAsync(stop.Token);
        }
        catch (NpgsqlException)
        {
            return true;
        }
    }

    private static async Task<bool> HasAnswerAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        try
        {
            await using var command = new NpgsqlCommand("SELECT 1", connection);
            return await command.ExecuteScalarAsync(cancellation) is not null;
        }
        catch (Exception broken) when (broken is NpgsqlException or InvalidOperationException)
        {
            return false;
        }
    }
}
