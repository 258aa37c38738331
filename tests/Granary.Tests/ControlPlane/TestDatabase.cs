using Granary.Core.Database;
using Npgsql;

namespace Granary.Tests.ControlPlane;

/// <summary>
/// The database that a host of tests runs on: that of the engine that the test names, or PostgreSQL for all of them where
/// GRANARY_TEST_POSTGRES has a connection string.
/// </summary>
internal static class TestDatabase
{
    private static readonly string? Given = Environment.GetEnvironmentVariable("GRANARY_TEST_POSTGRES");

    /// <summary>A connection string of a database of the test's own, or null for SQLite.</summary>
    public static async Task<string?> CreateAsync(Engine engine = Engine.Sqlite)
    {
        var server = string.IsNullOrEmpty(Given) ? null : Given;
        if (server is null && engine is Engine.PostgreSql)
        {
            server = await Databases.PostgreSqlConnectionStringAsync();
        }

        if (server is null)
        {
            return null;
        }

        var name = $"granary_{Guid.NewGuid():N}";
        await RunAsync(server, $"CREATE DATABASE {name}");
        return new NpgsqlConnectionStringBuilder(server) { Database = name, MaxPoolSize = 20 }.ConnectionString;
    }

    public static async Task DropAsync(string? connection)
    {
        if (connection is not null)
        {
            NpgsqlConnection.ClearPool(new NpgsqlConnection(connection));
            var server = new NpgsqlConnectionStringBuilder(connection);
            var name = server.Database;
            server.Database = "postgres";
            await RunAsync(server.ConnectionString, $"DROP DATABASE {name} WITH (FORCE)");
        }
    }

    private static async Task RunAsync(string server, string sql)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The name is of hexadecimal digits.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
