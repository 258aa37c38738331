using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Database;
using Granary.Core.Trail;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Trail;

public abstract class ChainContract(Engine engine) : TrailContract(engine)
{
    [Fact]
    public async Task Commits_a_record_with_its_change()
    {
        var domain = await CreateDomainAsync("tools");
        await ChangeAsync(domain, Call("CreateRepository"));
        var record = Assert.Single(await RecordsAsync());
        Assert.Equal(("CreateRepository", "2026-03-01T12:00:00Z", Owner), ((string)record["eventName"]!, (string)record["eventTime"]!, (string)record["recipientAccountId"]!));
        Assert.Empty(await FaultsAsync());
    }

    [Fact]
    public async Task Writes_the_record_with_the_first_change_of_a_request_and_only_there()
    {
        var domain = await CreateDomainAsync("tools");
        var record = Call("CopyPackageVersions");
        await ChangeAsync(domain, record);
        await ChangeAsync(domain, record);
        await AddAsync(record);
        Assert.Single(await RecordsAsync());
    }

    [Fact]
    public async Task Tells_of_a_failure_where_the_change_came_to_nothing()
    {
        var domain = await CreateDomainAsync("tools");
        var record = Call("CreateRepository");
        await Assert.ThrowsAsync<Refusal>(() => Log.WriteAsync<int>(
            domain, new(Admin.Arn, record), _ => throw Refusal.Conflict("repository", "shop", "It is there."), CancellationToken.None));
        Assert.Empty(await RecordsAsync());

        record.ErrorCode = "ConflictException";
        await AddAsync(record);
        Assert.Equal("ConflictException", (string)Assert.Single(await RecordsAsync())["errorCode"]!);
        Assert.Empty(await FaultsAsync());
    }

    [Fact]
    public async Task Neither_change_nor_record_stays_of_a_transaction_that_breaks_off()
    {
        var domain = await CreateDomainAsync("tools");
        var record = Call("CreateRepository");
        await Assert.ThrowsAnyAsync<Exception>(() => Log.WriteAsync<int>(
            domain,
            new(Admin.Arn, record),
            async t =>
            {
                t.NextId();
                await t.Db.Database.ExecuteSqlRawAsync(BreakOff);
                throw Refusal.Unavailable("The server crashed.");
            },
            CancellationToken.None));
        Assert.False(record.IsWritten);
        await ChangeAsync(domain, record);
        Assert.Single(await RecordsAsync());
        Assert.Empty(await FaultsAsync());
    }

    protected abstract string BreakOff { get; }

    [Fact]
    public async Task Concurrent_writers_make_chains_without_gaps()
    {
        long[] domains = [await CreateDomainAsync("one"), await CreateDomainAsync("two"), await CreateDomainAsync("three")];
        var changes = Enumerable.Range(0, 90).Select(n => Task.Run(() => ChangeAsync(domains[n % 3], InDomain(Call($"Change{n}"), domains[n % 3]))));
        var reads = Enumerable.Range(0, 90).Select(n => Task.Run(() => AddAsync(Read($"p{n}", domains[n % 3]), Call($"Call{n}", new Principal(Other, $"arn:aws:iam::{Other}:user/u")))));
        await Task.WhenAll(changes.Cast<Task>().Concat(reads));
        var records = await RecordsAsync();
        Assert.Equal(270, records.Select(r => (string)r["eventID"]!).Distinct().Count());
        Assert.Equal(270, records.Count);
        Assert.Empty(await FaultsAsync());
        await using var db = Database.Open();
        Assert.Equal(
            [TrailHead.Registry, $"account:{Other}", .. domains.Select(d => $"domain:{d}")],
            await db.Trails.Select(t => t.Id).OrderBy(t => t).ToListAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Verifies_while_the_chains_grow()
    {
        var domain = await CreateDomainAsync("tools");
        using var done = new CancellationTokenSource();
        var writer = Task.Run(async () =>
        {
            for (var n = 0; !done.IsCancellationRequested; n++)
            {
                await ChangeAsync(domain, InDomain(Call($"Change{n}"), domain));
            }
        }, CancellationToken.None);
        for (var n = 0; n < 20; n++)
        {
            Assert.Empty(await FaultsAsync());
        }

        await done.CancelAsync();
        await writer;
    }

    private static TrailRecord InDomain(TrailRecord record, long domain)
    {
        record.DomainId = domain;
        return record;
    }

    [Theory]
    [InlineData("UPDATE trail_segments SET body = (SELECT body FROM trail_segments WHERE trail_id = 'domain:2' AND number = 1) WHERE trail_id = 'domain:1' AND number = 3")]
    [InlineData("UPDATE trail_segments SET first_at = first_at + 1 WHERE trail_id = 'domain:1' AND number = 3")]
    [InlineData("UPDATE trail_segments SET last_at = last_at - 1 WHERE trail_id = 'domain:1' AND number = 3")]
    [InlineData("UPDATE trail_segments SET records = 2 WHERE trail_id = 'domain:1' AND number = 3")]
    [InlineData("UPDATE trail_segments SET accounts = ',444455556666,' WHERE trail_id = 'domain:1' AND number = 3")]
    [InlineData("UPDATE trail_segments SET mac = (SELECT mac FROM trail_segments WHERE trail_id = 'domain:2' AND number = 3) WHERE trail_id = 'domain:1' AND number = 3")]
    [InlineData("UPDATE trail_segments SET mac = (SELECT mac FROM trail_segments WHERE trail_id = 'domain:2' AND number = 3) WHERE trail_id = 'domain:1' AND number = 5")]
    [InlineData("UPDATE trail_segments SET number = 9 WHERE trail_id = 'domain:1' AND number = 5")]
    [InlineData("DELETE FROM trail_segments WHERE trail_id = 'domain:1' AND number = 1")]
    [InlineData("DELETE FROM trail_segments WHERE trail_id = 'domain:1' AND number = 3")]
    [InlineData("DELETE FROM trail_segments WHERE trail_id = 'domain:1' AND number = 5")]
    [InlineData("DELETE FROM trail_segments WHERE trail_id = 'domain:1'")]
    [InlineData("UPDATE trail_segments SET number = -3 WHERE trail_id = 'domain:1' AND number = 3; UPDATE trail_segments SET number = 3 WHERE trail_id = 'domain:1' AND number = 4; UPDATE trail_segments SET number = 4 WHERE trail_id = 'domain:1' AND number = -3")]
    [InlineData("INSERT INTO trail_segments (trail_id, number, first_at, last_at, records, accounts, mac, body) SELECT 'domain:1', 6, first_at, last_at, records, accounts, mac, body FROM trail_segments WHERE trail_id = 'domain:2' AND number = 5")]
    [InlineData("INSERT INTO trail_segments (trail_id, number, first_at, last_at, records, accounts, mac, body) SELECT 'domain:3', number, first_at, last_at, records, accounts, mac, body FROM trail_segments WHERE trail_id = 'domain:1'")]
    [InlineData("INSERT INTO trail_segments (trail_id, number, first_at, last_at, records, accounts, mac, body) SELECT trail_id, 0, first_at, last_at, records, accounts, mac, body FROM trail_segments WHERE trail_id = 'domain:1' AND number = 1")]
    [InlineData("UPDATE trails SET count = 4 WHERE id = 'domain:1'")]
    [InlineData("UPDATE trails SET head = floor WHERE id = 'domain:1'")]
    [InlineData("UPDATE trails SET floor = head WHERE id = 'domain:1'")]
    [InlineData("UPDATE trails SET first = 2 WHERE id = 'domain:1'")]
    [InlineData("UPDATE trails SET mac = head WHERE id = 'domain:1'")]
    [InlineData("UPDATE trails SET id = 'domain:7' WHERE id = 'domain:1'; UPDATE trail_segments SET trail_id = 'domain:7' WHERE trail_id = 'domain:1'")]
    [InlineData("DELETE FROM trails WHERE id = 'domain:1'")]
    [InlineData("DELETE FROM trails WHERE id = 'domain:1'; DELETE FROM trail_segments WHERE trail_id = 'domain:1'")]
    [InlineData("DELETE FROM trails; DELETE FROM trail_segments")]
    [InlineData("DELETE FROM trails WHERE id = '*'")]
    [InlineData("UPDATE trails SET count = 1 WHERE id = '*'; DELETE FROM trails WHERE id = 'domain:1'; DELETE FROM trail_segments WHERE trail_id = 'domain:1'")]
    // The end cut off and the row set back by hand to what it was before, as far as somebody without the key can.
    [InlineData("DELETE FROM trail_segments WHERE trail_id = 'domain:1' AND number = 5; UPDATE trails SET count = 4, head = (SELECT mac FROM trail_segments WHERE trail_id = 'domain:1' AND number = 4) WHERE id = 'domain:1'")]
    [InlineData("UPDATE trails SET count = (SELECT count FROM trails WHERE id = 'domain:2'), head = (SELECT head FROM trails WHERE id = 'domain:2'), mac = (SELECT mac FROM trails WHERE id = 'domain:2') WHERE id = 'domain:1'")]
    public async Task Finds_what_was_done_to_the_database(string sql)
    {
        for (var n = 1; n <= 5; n++)
        {
            await AddAsync(Read($"p{n}", 1), Read($"q{n}", 2));
        }

        Assert.Empty(await FaultsAsync());
        await SqlAsync(sql);
        Assert.NotEmpty(await FaultsAsync());

        // And still when the server has gone on, on top of it.
        if (!sql.Contains("6, first_at", StringComparison.Ordinal) && !sql.Contains("SET number = 9", StringComparison.Ordinal) && !sql.Contains("count = 4 WHERE", StringComparison.Ordinal)
            && !sql.StartsWith("DELETE FROM trails WHERE id = 'domain:1'", StringComparison.Ordinal) && sql != "DELETE FROM trails; DELETE FROM trail_segments")
        {
            await AddAsync(Read("later", 1), Read("later", 2));
            Assert.NotEmpty(await FaultsAsync());
        }
    }

    [Fact]
    public async Task Finds_an_older_row_that_was_put_back_while_its_later_segments_are_there()
    {
        await AddAsync(Read("one"));
        await SqlAsync("CREATE TABLE kept AS SELECT * FROM trails");
        await AddAsync(Read("two"));
        await SqlAsync("UPDATE trails SET count = k.count, head = k.head, mac = k.mac FROM kept k WHERE k.id = trails.id");
        Assert.Contains(await FaultsAsync(), f => f.Message.Contains("goes on behind its end", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_the_segment_and_goes_on_behind_it()
    {
        for (var n = 1; n <= 5; n++)
        {
            await AddAsync(Read($"p{n}"));
        }

        await SqlAsync("UPDATE trail_segments SET records = 7 WHERE number IN (2, 4)");
        Assert.Equal([2L, 4L], (await FaultsAsync()).Select(f => f.Segment!.Value));
    }

    [Fact]
    public async Task Another_key_verifies_nothing()
    {
        await AddAsync(Read());
        var faults = 0;
        await foreach (var finding in new TrailVerification(Database, new TrailSeal(new byte[32])).RunAsync(CancellationToken.None))
        {
            faults += finding.Faults.Count;
        }

        Assert.True(faults >= 3);
    }

    [Fact]
    public async Task Retention_cuts_whole_segments_from_the_front_and_moves_the_floor()
    {
        await AddAsync(Read("old", 1), Call("Old"));
        Clock.Advance(TimeSpan.FromDays(2));
        await AddAsync(Read("older", 1));
        Clock.Advance(TimeSpan.FromDays(89));
        await AddAsync(Read("new", 1));
        await Retention(0).RunAsync(CancellationToken.None);
        Assert.Equal(4, (await RecordsAsync()).Count);

        await Retention(90).RunAsync(CancellationToken.None);
        Assert.Equal(["older", "new"], (await RecordsAsync()).Select(r => (string)r["requestParameters"]!["packageName"]!));
        Assert.Empty(await FaultsAsync());

        Clock.Advance(TimeSpan.FromDays(900));
        await Retention(90).RunAsync(CancellationToken.None);
        await Retention(90).RunAsync(CancellationToken.None);
        Assert.Empty(await RecordsAsync());
        Assert.Empty(await FaultsAsync());

        await AddAsync(Read("again", 1));
        Assert.Empty(await FaultsAsync());
        await SqlAsync("DELETE FROM trail_segments");
        Assert.NotEmpty(await FaultsAsync());
    }

    [Fact]
    public async Task Retention_leaves_a_forged_chain_as_it_is()
    {
        await AddAsync(Read("old"));
        await SqlAsync("UPDATE trails SET head = floor WHERE id = 'domain:1'");
        Clock.Advance(TimeSpan.FromDays(100));
        await Retention(90).RunAsync(CancellationToken.None);
        Assert.Single(await RecordsAsync());
        Assert.NotEmpty(await FaultsAsync());
    }
}

public sealed class ChainOnSqliteTests() : ChainContract(Engine.Sqlite)
{
    protected override string BreakOff => "ROLLBACK";
}

public sealed class ChainOnPostgreSqlTests() : ChainContract(Engine.PostgreSql)
{
    protected override string BreakOff => "SELECT pg_terminate_backend(pg_backend_pid())";
}
