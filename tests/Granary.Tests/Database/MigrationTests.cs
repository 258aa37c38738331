using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Database;

public abstract class MigrationContract(Engine engine) : WorldContract(engine)
{
    [Fact]
    public async Task Covers_the_whole_model()
    {
        await using var db = World.Database.Open();

        Assert.False(db.Database.HasPendingModelChanges(), "The model and its migrations differ: generate Initial again for both engines.");
        Assert.Empty(await db.Database.GetPendingMigrationsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Can_be_run_again()
    {
        await World.CreateDomainAsync();

        await World.Database.MigrateAsync(CancellationToken.None);

        await World.FindDomainAsync();
    }
}

public sealed class MigrationOnSqliteTests() : MigrationContract(Engine.Sqlite)
{
    [Fact]
    public async Task Does_not_wait_for_a_process_that_died_while_it_migrated()
    {
        await using (var db = World.Database.Open())
        {
            await db.Database.ExecuteSqlRawAsync(
                """CREATE TABLE IF NOT EXISTS "__EFMigrationsLock" ("Id" INTEGER PRIMARY KEY, "Timestamp" TEXT NOT NULL); INSERT INTO "__EFMigrationsLock" VALUES (1, '2024-01-01')""",
                CancellationToken.None);
        }

        await World.Database.MigrateAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Keeps_a_write_ahead_log_and_syncs_every_commit()
    {
        await using var db = World.Database.Open();

        Assert.Equal("wal", await db.Database.SqlQuery<string>($"SELECT journal_mode AS Value FROM pragma_journal_mode").SingleAsync(CancellationToken.None));
        Assert.Equal(2, await db.Database.SqlQuery<int>($"SELECT synchronous AS Value FROM pragma_synchronous").SingleAsync(CancellationToken.None));
    }
}

public sealed class MigrationOnPostgreSqlTests() : MigrationContract(Engine.PostgreSql)
{
    [Fact]
    public async Task Lets_several_nodes_start_at_once()
    {
        await using (var db = World.Database.Open())
        {
            await db.Database.ExecuteSqlRawAsync("DROP SCHEMA public CASCADE; CREATE SCHEMA public", CancellationToken.None);
        }

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => World.Database.MigrateAsync(CancellationToken.None)));

        await World.CreateDomainAsync();
    }
}
