using Granary.Core.Access;
using Granary.Core.Database;
using Granary.Core.Trail;

namespace Granary.Tests.Trail;

public abstract class QueueContract(Engine engine) : TrailContract(engine)
{
    [Fact]
    public async Task Writes_what_waits_when_its_time_has_come()
    {
        Queue.Add(Read());
        while ((await RecordsAsync()).Count == 0)
        {
            // The loop may not have begun to wait yet; time goes on until it has.
            Clock.Advance(TrailQueue.Interval);
        }

        Assert.Single(await RecordsAsync());
    }

    [Fact]
    public async Task Writes_everything_at_the_stop()
    {
        await using (var queue = NewQueue(new TrailOptions()))
        {
            for (var n = 0; n < 2500; n++)
            {
                queue.Add(Read($"p{n % 100}"));
            }
        }

        Assert.Equal(2500, (await RecordsAsync()).Count);
        await using var db = Database.Open();
        Assert.Equal([1000, 1000, 500], db.TrailSegments.OrderBy(s => s.Number).Select(s => s.Records));
        Assert.Empty(await FaultsAsync());
    }

    [Fact]
    public async Task Keeps_what_cannot_be_written_and_writes_it_once_when_it_can()
    {
        await SqlAsync("ALTER TABLE trail_segments RENAME TO elsewhere");
        Queue.Add(Read("one"));
        await Assert.ThrowsAnyAsync<Exception>(() => Queue.FlushAsync(CancellationToken.None));
        Queue.Add(Read("two"));
        await Assert.ThrowsAnyAsync<Exception>(() => Queue.FlushAsync(CancellationToken.None));
        await SqlAsync("ALTER TABLE elsewhere RENAME TO trail_segments");
        await AddAsync(Read("three"));
        Assert.Equal(["one", "two", "three"], (await RecordsAsync()).Select(r => (string)r["requestParameters"]!["packageName"]!));
        Assert.Empty(await FaultsAsync());
    }

    [Fact]
    public async Task Tells_in_each_chain_what_did_not_fit()
    {
        await SqlAsync("ALTER TABLE trail_segments RENAME TO elsewhere");
        await using var queue = NewQueue(new TrailOptions(), room: 10_000);
        for (var n = 0; n < 100; n++)
        {
            queue.Add(Read("left", domain: 1 + (n % 2)));
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        // A refusal still fits where reads do not.
        queue.Add(Read("denied", error: "AccessDeniedException"));
        await Assert.ThrowsAnyAsync<Exception>(() => queue.FlushAsync(CancellationToken.None));
        await SqlAsync("ALTER TABLE elsewhere RENAME TO trail_segments");
        await queue.FlushAsync(CancellationToken.None);
        queue.Add(Read());
        await queue.FlushAsync(CancellationToken.None);

        var records = await RecordsAsync();
        var lost = records.Where(r => (string)r["eventName"]! == "RecordsLost").ToList();
        // Each chain once, or twice where the queue first looked while it was being filled.
        Assert.InRange(lost.Count, 2, 4);
        Assert.All(lost, r => Assert.Equal(("AwsServiceEvent", Owner), ((string)r["eventType"]!, (string)r["recipientAccountId"]!)));
        Assert.Equal(100, lost.Sum(r => (int)r["serviceEventDetails"]!["records"]!) + records.Count(r => (string)r["eventName"]! == "ReadFromRepository") - 2);
        Assert.Contains(records, r => (string?)r["errorCode"] == "AccessDeniedException");
        Assert.All(lost, r => Assert.True(string.CompareOrdinal((string)r["serviceEventDetails"]!["from"]!, (string)r["serviceEventDetails"]!["to"]!) <= 0));
        Assert.Empty(await FaultsAsync());
    }

    [Fact]
    public async Task Leaves_out_plain_reads_where_that_is_wanted_and_nothing_else()
    {
        await using var queue = NewQueue(new TrailOptions(Reads: false));
        queue.Add(Read("plain"));
        queue.Add(Read("denied", error: "AccessDeniedException"));
        queue.Add(Call("ListUsers"));
        await queue.FlushAsync(CancellationToken.None);
        Assert.Equal(["ListUsers", "ReadFromRepository"], (await RecordsAsync()).Select(r => (string)r["eventName"]!).Order());
    }

    [Fact]
    public async Task Shows_each_account_its_copy()
    {
        var stranger = new Principal(Other, $"arn:aws:iam::{Other}:user/eve") { IdentityId = "AIDAEVE" };
        await AddAsync(Read("left", by: stranger), Read("own"));
        Assert.Equal(["left", "left", "own"], (await RecordsAsync()).Select(r => (string)r["requestParameters"]!["packageName"]!));
        var copy = Assert.Single(await RecordsAsync(Other));
        Assert.Equal((Other, "eve"), ((string)copy["recipientAccountId"]!, (string)copy["userIdentity"]!["userName"]!));
        Assert.Equal(2, (await RecordsAsync(Owner)).Count);
        Assert.Empty(await RecordsAsync("999999999999"));
    }

    [Fact]
    public async Task Exports_a_span_of_time()
    {
        var start = Clock.GetUtcNow();
        foreach (var name in new[] { "one", "two", "three" })
        {
            await AddAsync(Read(name));
            Clock.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(["two", "three"], (await RecordsAsync(from: start.AddHours(1))).Select(r => (string)r["requestParameters"]!["packageName"]!));
        Assert.Equal(["one"], (await RecordsAsync(to: start.AddHours(1))).Select(r => (string)r["requestParameters"]!["packageName"]!));
        Assert.Empty(await RecordsAsync(from: start.AddHours(3)));
    }
}

public sealed class QueueOnSqliteTests() : QueueContract(Engine.Sqlite);

public sealed class QueueOnPostgreSqlTests() : QueueContract(Engine.PostgreSql);
