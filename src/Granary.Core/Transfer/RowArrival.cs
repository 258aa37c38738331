using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Transfer;

/// <summary>
/// Fills an empty database with the rows of a source, a batch a transaction. How far it has come is written with each batch into a
/// table of its own, <c>granary_transfer</c>: a run that was broken off goes on there, and no server starts while it exists.
/// </summary>
/// <param name="source">What the rows come from, in words that are the same at each run: another source is not gone on with.</param>
[SuppressMessage("Security", "CA2100", Justification = "Statements are made of names of the model alone.")]
internal sealed class RowArrival(GranaryDatabase database, string source) : IAsyncDisposable
{
    private const string Marker = "granary_transfer";

    // Rows a transaction. More is hardly faster, and what the engine keeps of an open transaction stays small.
    private const int Batch = 10_000;

    private readonly GranaryContext db = database.Open();

    /// <summary>Refuses a database that a restore or a migration has not completed.</summary>
    /// <exception cref="InvalidOperationException">It is incomplete.</exception>
    public static async Task DemandCompleteAsync(GranaryDatabase database, CancellationToken cancellation)
    {
        await using var arrival = new RowArrival(database, "");
        await arrival.db.Database.OpenConnectionAsync(cancellation);
        if (await arrival.HasMarkerAsync(cancellation))
        {
            throw new InvalidOperationException(
                $"The database is incomplete: {await arrival.StartedAsync(cancellation)} was broken off. Run the same command again to complete it, or empty the database.");
        }
    }

    /// <summary>Refuses a database that holds something else, before anything is written anywhere. SQLite's is in the directory that is looked at itself.</summary>
    /// <exception cref="InvalidOperationException">It holds something else.</exception>
    public async Task DemandRoomAsync(CancellationToken cancellation)
    {
        if (database.Engine is Engine.PostgreSql)
        {
            await OpenAsync(cancellation);
            await IsBegunAsync(cancellation);
        }
    }

    /// <summary>Makes the schema, and sees to it that nothing is there but what an earlier run of the same has brought.</summary>
    /// <exception cref="InvalidOperationException">The database holds something else.</exception>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        await database.MigrateAsync(cancellation);
        await OpenAsync(cancellation);
        if (await IsBegunAsync(cancellation))
        {
            return;
        }

        await using var transaction = await Connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync(transaction, $"CREATE TABLE {Marker} (name TEXT NOT NULL PRIMARY KEY, copied BIGINT NOT NULL)", cancellation);
        await ExecuteAsync(transaction, $"INSERT INTO {Marker} (name, copied) VALUES (@name, -1)", cancellation, ("@name", source));
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Brings the rows that are not there yet.</summary>
    public async Task CopyAsync(IRowSource rows, CopiedTable table, long total, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        var copied = await ScalarAsync($"SELECT copied FROM {Marker} WHERE name = '{table.Name}'", cancellation) as long? ?? 0;
        var enumerator = rows.ReadAsync(table, cancellation).GetAsyncEnumerator(cancellation);
        await using var ending = enumerator.ConfigureAwait(false);
        for (long skipped = 0; skipped < copied; skipped++)
        {
            if (!await enumerator.MoveNextAsync())
            {
                throw new InvalidDataException($"{table.Name} has fewer rows than were copied of it before: the source was changed since. Empty the target and begin again.");
            }
        }

        for (var written = Batch; written == Batch;)
        {
            await using var transaction = await Connection.BeginTransactionAsync(cancellation);
            written = await RowWriter.WriteAsync(Connection, transaction, table, enumerator, Batch, cancellation);
            copied += written;
            await ExecuteAsync(
                transaction,
                $"INSERT INTO {Marker} (name, copied) VALUES (@name, @copied) ON CONFLICT (name) DO UPDATE SET copied = excluded.copied",
                cancellation,
                ("@name", table.Name),
                ("@copied", copied));
            await transaction.CommitAsync(cancellation);
            progress.Report(new TransferProgress($"rows of {table.Name}", copied, total));
        }
    }

    /// <summary>Lets the database number on where the source's has been.</summary>
    public async Task ContinueCounterAsync(CopiedTable table, long last, CancellationToken cancellation)
    {
        if (last == 0)
        {
            return;
        }

        await using var transaction = await Connection.BeginTransactionAsync(cancellation);
        if (database.Engine is Engine.PostgreSql)
        {
            await ExecuteAsync(transaction, $"SELECT setval(pg_get_serial_sequence('\"{table.Name}\"', '{table.Counter}'), @last)", cancellation, ("@last", last));
        }
        else
        {
            // SQLite makes the row with the first insert, which an empty table has not seen.
            await ExecuteAsync(transaction, $"DELETE FROM sqlite_sequence WHERE name = '{table.Name}'", cancellation);
            await ExecuteAsync(transaction, $"INSERT INTO sqlite_sequence (name, seq) VALUES ('{table.Name}', @last)", cancellation, ("@last", last));
        }

        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Everything is there and verified: servers may start.</summary>
    public Task EndAsync(CancellationToken cancellation) => ExecuteAsync(null, $"DROP TABLE IF EXISTS {Marker}", cancellation);

    public async Task OpenAsync(CancellationToken cancellation) => await db.Database.OpenConnectionAsync(cancellation);

    public IReadOnlyList<CopiedTable> Tables => CopiedTable.All(db);

    public ValueTask DisposeAsync() => db.DisposeAsync();

    private DbConnection Connection => db.Database.GetDbConnection();

    private async Task<bool> IsBegunAsync(CancellationToken cancellation)
    {
        if (await HasMarkerAsync(cancellation))
        {
            var started = await StartedAsync(cancellation);
            return started == source ? true : throw new InvalidOperationException($"The database holds a part of {started}. Empty it, or go on with that.");
        }

        foreach (var table in CopiedTable.All(db))
        {
            if (await HasTableAsync(table.Name, cancellation) && await ScalarAsync($"SELECT 1 FROM \"{table.Name}\" LIMIT 1", cancellation) is not null)
            {
                throw new InvalidOperationException($"The database is not empty: {table.Name} has rows. Nothing is ever restored over what is there: name an empty database.");
            }
        }

        return false;
    }

    private Task<bool> HasMarkerAsync(CancellationToken cancellation) => HasTableAsync(Marker, cancellation);

    private async Task<bool> HasTableAsync(string name, CancellationToken cancellation) => await ScalarAsync(
        database.Engine is Engine.Sqlite
            ? $"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{name}'"
            : $"SELECT 1 WHERE to_regclass('\"{name}\"') IS NOT NULL",
        cancellation) is not null;

    private async Task<string?> StartedAsync(CancellationToken cancellation) =>
        await ScalarAsync($"SELECT name FROM {Marker} WHERE copied = -1", cancellation) as string;

    private async Task<object?> ScalarAsync(string statement, CancellationToken cancellation)
    {
        await using var command = Connection.CreateCommand();
        command.CommandText = statement;
        return await command.ExecuteScalarAsync(cancellation) is { } value and not DBNull ? value : null;
    }

    private async Task ExecuteAsync(DbTransaction? transaction, string statement, CancellationToken cancellation, params (string Name, object Value)[] values)
    {
        await using var command = Connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = statement;
        foreach (var (name, value) in values)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        await command.ExecuteNonQueryAsync(cancellation);
    }
}
