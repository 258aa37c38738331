using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Granary.Core.Database;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Transfer;

/// <summary>
/// All rows of a database as they were at one moment, read in one transaction: on SQLite a read transaction of the write-ahead log, on
/// PostgreSQL REPEATABLE READ READ ONLY. Writers go on meanwhile; what they leave behind is kept until this ends.
/// </summary>
[SuppressMessage("Security", "CA2100", Justification = "Statements are made of names of the model alone.")]
internal sealed class DatabaseRows : IRowSource, IAsyncDisposable
{
    private readonly GranaryContext db;
    private readonly Engine engine;
    private readonly DbConnection connection;
    private readonly DbTransaction transaction;

    private DatabaseRows(GranaryContext db, Engine engine, DbConnection connection, DbTransaction transaction) =>
        (this.db, this.engine, this.connection, this.transaction) = (db, engine, connection, transaction);

    public IReadOnlyList<CopiedTable> Tables => CopiedTable.All(db);

    public static async Task<DatabaseRows> OpenAsync(GranaryDatabase database, CancellationToken cancellation)
    {
        var db = database.Open();
        try
        {
            await db.Database.OpenConnectionAsync(cancellation);
            var connection = db.Database.GetDbConnection();
            var transaction = connection is SqliteConnection sqlite
                ? sqlite.BeginTransaction(IsolationLevel.Serializable, deferred: true)
                : await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
            var rows = new DatabaseRows(db, database.Engine, connection, transaction);
            if (database.Engine is Engine.PostgreSql)
            {
                await rows.ScalarAsync("SET TRANSACTION READ ONLY", cancellation);
            }

            // The moment is that of the first statement that reads.
            await rows.ScalarAsync("SELECT COUNT(*) FROM domains", cancellation);
            return rows;
        }
        catch
        {
            await db.DisposeAsync();
            throw;
        }
    }

    public async Task<long> CountAsync(CopiedTable table, CancellationToken cancellation) =>
        (long)(await ScalarAsync($"SELECT COUNT(*) FROM \"{table.Name}\"", cancellation))!;

    public async IAsyncEnumerable<object?[]> ReadAsync(CopiedTable table, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var command = Command(table.Select(engine));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            var row = new object?[table.Columns.Count];
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = reader.IsDBNull(i) ? null : Value(reader, i, table.Columns[i].Kind);
            }

            yield return row;
        }
    }

    // Neither engine's counter is part of the transaction. It only rises, so what is read here is not too small.
    public async Task<long> CounterAsync(CopiedTable table, CancellationToken cancellation) => engine is Engine.Sqlite
        ? await ScalarAsync($"SELECT seq FROM sqlite_sequence WHERE name = '{table.Name}'", cancellation) is long last ? last : 0
        : await ScalarAsync($"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {await SequenceAsync(table, cancellation)}", cancellation) is long given ? given : 0;

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await db.DisposeAsync();
    }

    private async Task<string> SequenceAsync(CopiedTable table, CancellationToken cancellation) =>
        (string)(await ScalarAsync($"SELECT pg_get_serial_sequence('\"{table.Name}\"', '{table.Counter}')", cancellation))!;

    private static object Value(DbDataReader reader, int i, ColumnKind kind) => kind switch
    {
        ColumnKind.Number => reader.GetInt64(i),
        ColumnKind.SmallNumber => reader.GetInt32(i),
        ColumnKind.Flag => reader.GetBoolean(i),
        ColumnKind.Bytes => reader.GetFieldValue<byte[]>(i),
        _ => reader.GetString(i),
    };

    private async Task<object?> ScalarAsync(string statement, CancellationToken cancellation)
    {
        await using var command = Command(statement);
        return await command.ExecuteScalarAsync(cancellation);
    }

    private DbCommand Command(string statement)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        // Sorting a large table takes as long as it takes.
        command.CommandTimeout = 0;
        command.CommandText = statement;
        return command;
    }
}
