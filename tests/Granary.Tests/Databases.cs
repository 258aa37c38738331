using Granary.Core.Database;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Granary.Tests;

/// <summary>A database of a test's own, migrated and empty, gone with the test.</summary>
public sealed class Databases : IAsyncDisposable
{
    private readonly Func<Task> drop;

    private Databases(GranaryDatabase database, string connectionString, Func<Task> drop)
    {
        Database = database;
        ConnectionString = connectionString;
        this.drop = drop;
    }

    public GranaryDatabase Database { get; }

    public string ConnectionString { get; }

    /// <summary>The server that the run has started for itself; databases on it are created by name at will.</summary>
    public static Task<string> PostgreSqlConnectionStringAsync() => PostgreSqlServer.ConnectionStringAsync();

    public static Task<Databases> CreateAsync(Engine engine) => engine is Engine.Sqlite ? SqliteAsync() : PostgreSqlAsync();

    /// <summary>The same database as another node has it: with connections and contexts of its own.</summary>
    public static Databases Share(Databases other) => new(
        other.Database.Engine is Engine.PostgreSql
            ? GranaryDatabase.PostgreSql(other.ConnectionString)
            : throw new NotSupportedException("One process owns a database of SQLite."),
        other.ConnectionString,
        () => Task.CompletedTask);

    public async ValueTask DisposeAsync() => await drop();

    private static async Task<Databases> SqliteAsync()
    {
        var directory = new TemporaryDirectory();
        var database = GranaryDatabase.Sqlite(directory["granary.db"]);
        await database.MigrateAsync(CancellationToken.None);
        return new Databases(database, database.ConnectionString, () =>
        {
            using var connection = new SqliteConnection(database.ConnectionString);
            SqliteConnection.ClearPool(connection);
            directory.Dispose();
            return Task.CompletedTask;
        });
    }

    private static async Task<Databases> PostgreSqlAsync()
    {
        var server = await PostgreSqlServer.ConnectionStringAsync();
        var name = $"granary_{Guid.NewGuid():N}";
        await ExecuteAsync(server, $"CREATE DATABASE {name}");
        var connection = new NpgsqlConnectionStringBuilder(server) { Database = name, MaxPoolSize = 80 }.ConnectionString;
        var database = GranaryDatabase.PostgreSql(connection);
        await database.MigrateAsync(CancellationToken.None);
        return new Databases(database, connection, () =>
        {
            NpgsqlConnection.ClearPool(new NpgsqlConnection(connection));
            return ExecuteAsync(server, $"DROP DATABASE {name} WITH (FORCE)");
        });
    }

    private static async Task ExecuteAsync(string connectionString, string statement)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
#pragma warning disable CA2100 // The only variable part is a name of this class's own making.
        await using var command = new NpgsqlCommand(statement, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
