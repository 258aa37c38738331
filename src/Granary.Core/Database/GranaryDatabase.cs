using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Granary.Core.Database;

public enum Engine
{
    Sqlite,
    PostgreSql,
}

/// <summary>The database behind all stores: SQLite in the data directory, or a PostgreSQL that nodes share.</summary>
public sealed class GranaryDatabase
{
    // Releases from 3.7.0 to 3.51.2 can lose committed writes when a WAL is reset (sqlite.org, release notes of 3.51.3).
    private static readonly Version OldestSqlite = new(3, 51, 3);

    private readonly Func<GranaryContext> open;

    private GranaryDatabase(Engine engine, string connectionString, Func<GranaryContext> open)
    {
        Engine = engine;
        ConnectionString = connectionString;
        this.open = open;
    }

    public Engine Engine { get; }

    internal string ConnectionString { get; }

    public static GranaryDatabase Sqlite(string path)
    {
        var connection = new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true, DefaultTimeout = 30 };
        var options = new DbContextOptionsBuilder<SqliteContext>()
            .UseSqlite(connection.ConnectionString)
            .AddInterceptors(new SqlitePragmas())
            .Options;
        var contexts = new PooledDbContextFactory<SqliteContext>(options);
        return new GranaryDatabase(Engine.Sqlite, connection.ConnectionString, contexts.CreateDbContext);
    }

    public static GranaryDatabase PostgreSql(string connectionString)
    {
        var options = new DbContextOptionsBuilder<PostgreSqlContext>().UseNpgsql(Pooled(connectionString)).Options;
        var contexts = new PooledDbContextFactory<PostgreSqlContext>(options);
        return new GranaryDatabase(Engine.PostgreSql, connectionString, contexts.CreateDbContext);
    }

    /// <summary>A context of the pool; dispose it soon.</summary>
    public GranaryContext Open() => open();

    /// <summary>Makes the database where a server of PostgreSQL has none of that name yet.</summary>
    public async Task CreateAsync(CancellationToken cancellation)
    {
        await using var db = Open();
        var creator = db.GetService<IRelationalDatabaseCreator>();
        if (Engine is Engine.Sqlite || await creator.ExistsAsync(cancellation))
        {
            return;
        }

        try
        {
            await creator.CreateAsync(cancellation);
        }
        catch (DbException raced) when (raced.SqlState is "42P04" or "23505")
        {
            // Another node was faster.
        }
    }

    /// <summary>Brings the schema up to date, on PostgreSQL under EF Core's own lock, so that several nodes may start at once.</summary>
    /// <exception cref="InvalidOperationException">The engine is too old to be trusted with acknowledged writes.</exception>
    public async Task MigrateAsync(CancellationToken cancellation)
    {
        await using var db = Open();
        if (Engine is Engine.Sqlite)
        {
            await using var connection = new SqliteConnection("Data Source=:memory:");
            if (Version.Parse(connection.ServerVersion) < OldestSqlite)
            {
                throw new InvalidOperationException(
                    $"The SQLite library {connection.ServerVersion} is older than {OldestSqlite}, which can lose committed writes.");
            }

            // One process owns the file, so a lock that is there was left by one that died; EF Core would wait for it for ever.
            await db.Database.ExecuteSqlAsync($"DROP TABLE IF EXISTS __EFMigrationsLock", cancellation);
        }

        await db.Database.MigrateAsync(cancellation);
    }

    /// <summary>
    /// What contexts are opened with. No session leaves anything behind here (who takes a lock of a session has a connection of their own), so a
    /// connection need not be cleared before it is used again, which would be a statement more for each. Statements are not prepared by themselves:
    /// where connections are cut, Npgsql 10.0.3 then takes answers for those of other statements (NodesTests, CutTests).
    /// </summary>
    private static string Pooled(string text) => new NpgsqlConnectionStringBuilder(text) { NoResetOnClose = true }.ConnectionString;

    /// <summary>Settings that SQLite keeps for each connection and not in the file.</summary>
    internal sealed class SqlitePragmas : DbConnectionInterceptor
    {
        // FULL: in WAL mode a commit is on the disk before it is acknowledged, power cut included.
        private const string Pragmas =
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;";

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Apply(connection);

        public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            Apply(connection);
            return Task.CompletedTask;
        }

        private static void Apply(DbConnection connection)
        {
            using var command = connection.CreateCommand();
            command.CommandText = Pragmas;
            command.ExecuteNonQuery();
        }
    }
}
