using System.Data.Common;
using Granary.Core.Database;
using Granary.Core.Transfer;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Diagnosis;

/// <summary>The database: whether it answers, whether its tables are those of this version, and whether the engine keeps what it acknowledges.</summary>
internal static class DatabaseCheck
{
    private const string Topic = "database";

    // What the tests run on; server_version_num.
    private const int OldestPostgreSql = 150_000;

    /// <summary>Whether what follows can ask the database anything is in the first finding.</summary>
    public static async Task<IReadOnlyList<Finding>> RunAsync(Patient patient, CancellationToken cancellation)
    {
        if (patient.Database is not { } database)
        {
            return [Finding.Bad(Topic, $"there is none at {patient.Under("granary.db")}", "Start a server on this directory first, name another with --data, or name the PostgreSQL database with --database.")];
        }

        try
        {
            await using var db = database.Open();
            await db.Database.OpenConnectionAsync(cancellation);
            List<Finding> findings = [Finding.Good(Topic, $"{(database.Engine is Engine.Sqlite ? "SQLite" : "PostgreSQL")} {db.Database.GetDbConnection().ServerVersion} answers")];
            findings.Add(await SchemaAsync(db, cancellation));
            findings.Add(await CompleteAsync(database, cancellation));
            findings.AddRange(database.Engine is Engine.Sqlite ? [await IntegrityAsync(db, cancellation)] : await SettingsAsync(db, cancellation));
            return findings;
        }
        catch (Exception failure) when (CauseOf(failure) is not null)
        {
            return [Finding.Bad(Topic, $"it does not answer: {CauseOf(failure)!.Message}", database.Engine is Engine.Sqlite
                ? "Look at the disk; if the file is damaged, restore a backup: granary restore."
                : "See that the server runs and that the address, the user and the password in --database or Database are right.")];
        }
    }

    /// <summary>What the engine said, which EF Core wraps where it takes it for passing; null where it is nothing of the engine's.</summary>
    public static DbException? CauseOf(Exception failure) => failure as DbException ?? (failure.InnerException is { } inner ? CauseOf(inner) : null);

    private static async Task<Finding> SchemaAsync(GranaryContext db, CancellationToken cancellation)
    {
        var known = db.Database.GetMigrations().ToHashSet();
        var applied = (await db.Database.GetAppliedMigrationsAsync(cancellation)).ToList();
        return applied.Any(migration => !known.Contains(migration))
            ? Finding.Bad(Topic, "its tables are of a newer Granary", "Run that version: an older one does not know what the newer one has written.")
            : applied.Count < known.Count
                ? Finding.Bad(Topic, "its tables are of an older Granary", "Take a backup with the version that made them, then start a server of this version, which brings them up to date.")
                : Finding.Good(Topic, $"its tables are those of this version ({applied[^1]})");
    }

    private static async Task<Finding> CompleteAsync(GranaryDatabase database, CancellationToken cancellation)
    {
        try
        {
            await Restore.DemandCompleteAsync(database, cancellation);
            return Finding.Good(Topic, "no restore or migration into it was broken off");
        }
        catch (InvalidOperationException incomplete)
        {
            return Finding.Bad(Topic, "a restore or a migration into it was broken off", incomplete.Message);
        }
    }

    private static async Task<Finding> IntegrityAsync(GranaryContext db, CancellationToken cancellation)
    {
        db.Database.SetCommandTimeout(0);
        var said = await db.Database.SqlQuery<string>($"SELECT quick_check AS Value FROM pragma_quick_check").ToListAsync(cancellation);
        return said is ["ok"]
            ? Finding.Good(Topic, "SQLite finds its file whole (quick_check)")
            : Finding.Bad(Topic, $"SQLite finds faults in its file: {string.Join("; ", said.Take(5))}", "Stop the server, keep a copy of granary.db and granary.db-wal, and restore a backup: granary restore.");
    }

    private static async Task<IReadOnlyList<Finding>> SettingsAsync(GranaryContext db, CancellationToken cancellation)
    {
        var settings = (await db.Database
            .SqlQuery<Setting>($"""SELECT name AS "Name", setting AS "Value" FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'server_version_num', 'max_connections')""")
            .ToListAsync(cancellation)).ToDictionary(s => s.Name, s => s.Value);
        var replica = await db.Database.SqlQuery<bool>($"""SELECT pg_is_in_recovery() AS "Value" """).SingleAsync(cancellation);
        var version = int.Parse(settings["server_version_num"], System.Globalization.CultureInfo.InvariantCulture);
        return
        [
            version >= OldestPostgreSql
                ? Finding.Good(Topic, $"PostgreSQL {version / 10_000} is new enough")
                : Finding.Bad(Topic, $"PostgreSQL {version / 10_000} is too old", $"Granary needs {OldestPostgreSql / 10_000} or later."),
            On(settings, "fsync", "A power cut loses or damages what was acknowledged. Set fsync = on and restart PostgreSQL."),
            On(settings, "full_page_writes", "A power cut can damage pages. Set full_page_writes = on."),
            settings["synchronous_commit"] == "off"
                ? Finding.Bad(Topic, "synchronous_commit is off", "A crash loses the last publishes that were acknowledged. Set synchronous_commit = on.")
                : Finding.Good(Topic, $"synchronous_commit is {settings["synchronous_commit"]}"),
            replica
                ? Finding.Bad(Topic, "the server is a replica, which takes no writes", "Name the primary in --database or Database.")
                : Finding.Good(Topic, "the server is a primary"),
        ];
    }

    private static Finding On(Dictionary<string, string> settings, string name, string advice) =>
        settings[name] == "on" ? Finding.Good(Topic, $"{name} is on") : Finding.Bad(Topic, $"{name} is {settings[name]}", advice);

    private sealed class Setting
    {
        public string Name { get; init; } = "";

        public string Value { get; init; } = "";
    }
}
