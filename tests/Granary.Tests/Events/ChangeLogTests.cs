using Granary.Core;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Granary.Tests.Events;

public sealed class ChangeLogOnSqliteTests() : ChangeLogContract(Engine.Sqlite)
{
    [Fact]
    public async Task Goes_on_after_SQLite_has_rolled_back_by_itself()
    {
        var domain = await World.CreateDomainAsync();

        // What a full disk makes SQLite do while a statement runs.
        var outcome = await OutcomeAsync(World.WriteAsync<int>(domain, async transaction =>
        {
            await transaction.Db.Database.ExecuteSqlRawAsync("ROLLBACK");
            throw Refusal.StorageFull();
        }));

        Assert.Equal(RefusalKind.StorageFull, Assert.IsType<Refusal>(outcome).Kind);
        Assert.Equal(1, await World.WriteAsync(domain, t => Task.FromResult(t.NextId())).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Fails_the_whole_batch_when_its_commit_fails_refusals_included()
    {
        var domain = await World.CreateDomainAsync();
        await World.WriteAsync(domain, t => t.Db.Database.ExecuteSqlRawAsync(
            "CREATE TABLE parent (id INTEGER PRIMARY KEY); CREATE TABLE child (id INTEGER REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)"));
        var release = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        var blocker = World.WriteAsync(domain, async _ =>
        {
            entered.SetResult();
            await release.Task;
            return 0;
        });
        await Task.WhenAny(blocker, entered.Task);

        // These three wait for the first, and so make one batch whose commit breaks.
        var written = World.WriteAsync(domain, t => Task.FromResult(t.NextId()));
        var refused = World.WriteAsync<int>(domain, _ => throw Refusal.Conflict(ResourceType.Package, "pear", "Because of what my neighbour wrote."));
        var breaking = World.WriteAsync(domain, t => t.Db.Database.ExecuteSqlRawAsync("INSERT INTO child VALUES (1)"));
        release.SetResult();

        await blocker;
        Assert.NotNull(await OutcomeAsync(written));
        Assert.NotNull(await OutcomeAsync(breaking));
        var outcome = await OutcomeAsync(refused);
        Assert.NotNull(outcome);
        Assert.False(outcome is Refusal { Kind: RefusalKind.Conflict }, "It was refused because of something that never happened.");
        Assert.Equal(0, await World.SequenceAsync(domain.Id));
        Assert.Equal(1, await World.WriteAsync(domain, t => Task.FromResult(t.NextId())));
    }

    [Fact]
    public async Task Says_that_the_storage_is_full_and_recovers_when_it_is_not()
    {
        var domain = await World.CreateDomainAsync();
        await World.WriteAsync(domain, t => t.Db.Database.ExecuteSqlRawAsync("CREATE TABLE ballast (bytes BLOB)"));
        Task<int> FillAsync() => World.WriteAsync(domain, async transaction =>
        {
            await transaction.Db.Database.ExecuteSqlRawAsync("PRAGMA max_page_count = 100");
            return await transaction.Db.Database.ExecuteSqlRawAsync("INSERT INTO ballast VALUES (zeroblob(4000000))");
        });

        Assert.Equal(RefusalKind.StorageFull, Assert.IsType<Refusal>(await OutcomeAsync(FillAsync())).Kind);

        var rows = await World.WriteAsync(domain, async transaction =>
        {
            await transaction.Db.Database.ExecuteSqlRawAsync("PRAGMA max_page_count = 4294967294");
            return await transaction.Db.Database.ExecuteSqlRawAsync("INSERT INTO ballast VALUES (zeroblob(4000000))");
        });
        Assert.Equal(1, rows);
    }

    [Fact]
    public async Task Refuses_new_work_once_it_stops_and_finishes_what_it_took()
    {
        var domain = await World.CreateDomainAsync();
        var taken = Enumerable.Range(0, 100).Select(_ => World.WriteAsync(domain, t => Task.FromResult(t.NextId()))).ToList();

        await World.Log.DisposeAsync();

        Assert.Equal(100, (await Task.WhenAll(taken)).Max());
        var refusal = await Assert.ThrowsAsync<Refusal>(() => World.WriteAsync(domain, t => Task.FromResult(t.NextId())));
        Assert.Equal(RefusalKind.Unavailable, refusal.Kind);
    }
}

public sealed class ChangeLogOnPostgreSqlTests() : ChangeLogContract(Engine.PostgreSql)
{
    [Fact]
    public async Task A_connection_that_breaks_between_two_statements_is_a_database_that_is_away()
    {
        var domain = await World.CreateDomainAsync();

        var outcome = await Record.ExceptionAsync(() => World.WriteAsync(domain, async transaction =>
        {
            await Assert.ThrowsAnyAsync<Exception>(() => transaction.Db.Database.ExecuteSqlRawAsync("SELECT pg_terminate_backend(pg_backend_pid())", TestContext.Current.CancellationToken));
            // Whoever goes on is told by Npgsql that the transaction is over, and not why.
            return await transaction.Db.Database.ExecuteSqlRawAsync("SELECT 1", TestContext.Current.CancellationToken);
        }));

        Assert.Equal(RefusalKind.Unavailable, Assert.IsType<Refusal>(outcome).Kind);
        Assert.Equal(1, await World.WriteAsync(domain, t => Task.FromResult(t.NextId())));
    }

    [Fact]
    public async Task Says_that_the_database_is_unavailable_when_the_connection_is_cut()
    {
        var domain = await World.CreateDomainAsync();

        var outcome = await OutcomeAsync(World.WriteAsync(domain, async transaction =>
        {
            var id = await transaction.Db.Database.SqlQuery<int>($"SELECT pg_backend_pid() AS \"Value\"").SingleAsync();
            await using (var other = new NpgsqlConnection(World.ConnectionString))
            {
                await other.OpenAsync();
                await using var command = new NpgsqlCommand("SELECT pg_terminate_backend($1, 5000)", other) { Parameters = { new() { Value = id } } };
                await command.ExecuteNonQueryAsync();
            }

            return transaction.NextId();
        }));

        Assert.Equal(RefusalKind.Unavailable, Assert.IsType<Refusal>(outcome).Kind);
        Assert.Equal(1, await World.WriteAsync(domain, t => Task.FromResult(t.NextId())));
    }

    [Fact]
    public async Task Says_that_the_database_is_unavailable_when_there_is_no_server()
    {
        var database = GranaryDatabase.PostgreSql("Host=127.0.0.1;Port=1;Username=nobody;Database=nothing;Timeout=5");
        await using var log = new Granary.Core.Events.ChangeLog(database, new Granary.Core.Events.DomainStamps(database), new Granary.Core.Access.Identities.AccountRevisions(database), TimeProvider.System);

        var outcome = await OutcomeAsync(log.WriteAsync(1, World.Actor, _ => Task.FromResult(0), CancellationToken.None));

        Assert.Equal(RefusalKind.Unavailable, Assert.IsType<Refusal>(outcome).Kind);
    }
}
