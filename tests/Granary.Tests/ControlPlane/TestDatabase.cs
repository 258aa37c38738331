using Npgsql;

namespace Granary.Tests.ControlPlane;

/// <summary>
/// The database that tests run on: SQLite, or PostgreSQL where GRANARY_TEST_POSTGRES has a connection string. One of the two
/// for the whole process, as for a server: EF Core's compiled queries belong to one model.
/// </summary>
internal static class TestDatabase
{
    private static readonly string? Server = Environment.GetEnvironmentVariable("GRANARY_TEST_POSTGRES");

    /// <summary>A connection string of a database of the test's own, or null for SQLite.</summary>
    public static async Task<string?> CreateAsync()
    {
        if (string.IsNullOrEmpty(Server))
        {
            return null;
        }

        var name = $"granary_{Guid.NewGuid():N}";
        await RunAsync($"CREATE DATABASE {name}");
        return new NpgsqlConnectionStringBuilder(Server) { Database = name, MaxPoolSize = 20 }.ConnectionString;
    }

    public static async Task DropAsync(string? connection)
    {
        if (connection is not null)
        {
            await RunAsync($"DROP DATABASE {new NpgsqlConnectionStringBuilder(connection).Database} WITH (FORCE)");
        }
    }

    private static async Task RunAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Server);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The name is of hexadecimal digits.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
