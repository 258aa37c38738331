using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace Granary.Core.Transfer;

/// <summary>Writes rows within a transaction of its caller's in the engine's fastest way: a prepared insert, or binary COPY.</summary>
[SuppressMessage("Security", "CA2100", Justification = "Statements are made of names of the model alone.")]
internal static class RowWriter
{
    /// <returns>How many rows were written: <paramref name="most"/>, or fewer where the source has ended.</returns>
    public static Task<int> WriteAsync(
        DbConnection connection, DbTransaction transaction, CopiedTable table, IAsyncEnumerator<object?[]> rows, int most, CancellationToken cancellation) =>
        connection is SqliteConnection sqlite
            ? InsertAsync(sqlite, (SqliteTransaction)transaction, table, rows, most)
            : CopyAsync((NpgsqlConnection)connection, table, rows, most, cancellation);

    private static async Task<int> InsertAsync(SqliteConnection connection, SqliteTransaction transaction, CopiedTable table, IAsyncEnumerator<object?[]> rows, int most)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"INSERT INTO \"{table.Name}\" ({table.ColumnList}) VALUES ({string.Join(", ", table.Columns.Select((_, i) => $"$p{i}"))})";
        var parameters = table.Columns.Select((_, i) => command.Parameters.Add(new SqliteParameter($"$p{i}", null))).ToArray();
        var count = 0;
        while (count < most && await rows.MoveNextAsync())
        {
            for (var i = 0; i < parameters.Length; i++)
            {
                parameters[i].Value = rows.Current[i] ?? DBNull.Value;
            }

            command.ExecuteNonQuery();
            count++;
        }

        return count;
    }

    private static async Task<int> CopyAsync(NpgsqlConnection connection, CopiedTable table, IAsyncEnumerator<object?[]> rows, int most, CancellationToken cancellation)
    {
        await using var import = await connection.BeginBinaryImportAsync($"COPY \"{table.Name}\" ({table.ColumnList}) FROM STDIN (FORMAT BINARY)", cancellation);
        var count = 0;
        while (count < most && await rows.MoveNextAsync())
        {
            await import.StartRowAsync(cancellation);
            for (var i = 0; i < table.Columns.Count; i++)
            {
                await WriteAsync(import, rows.Current[i], table.Columns[i].Kind, cancellation);
            }

            count++;
        }

        await import.CompleteAsync(cancellation);
        return count;
    }

    private static Task WriteAsync(NpgsqlBinaryImporter import, object? value, ColumnKind kind, CancellationToken cancellation) => (value, kind) switch
    {
        (null, _) => import.WriteNullAsync(cancellation),
        (_, ColumnKind.Number) => import.WriteAsync((long)value, NpgsqlDbType.Bigint, cancellation),
        (_, ColumnKind.SmallNumber) => import.WriteAsync((int)value, NpgsqlDbType.Integer, cancellation),
        (_, ColumnKind.Flag) => import.WriteAsync((bool)value, NpgsqlDbType.Boolean, cancellation),
        (_, ColumnKind.Bytes) => import.WriteAsync((byte[])value, NpgsqlDbType.Bytea, cancellation),
        _ => import.WriteAsync((string)value, NpgsqlDbType.Text, cancellation),
    };
}
