using Granary.Core.Database;
using Granary.Core.Upstreams;
using Npgsql;

namespace Granary.Tests.Upstreams;

public sealed class FetchLocksTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private World world = null!;
    private FetchLocks other = null!;

    public async ValueTask InitializeAsync()
    {
        world = await World.CreateAsync(Engine.PostgreSql);
        other = new FetchLocks(world.Database, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await other.DisposeAsync();
        await world.DisposeAsync();
    }

    [Fact]
    public async Task One_node_at_a_time_has_a_name_and_whoever_waited_knows_it()
    {
        var first = await HoldAsync(world.Locks, "apple");
        var waiting = HoldAsync(other, "apple");
        await using (await HoldAsync(other, "pear"))
        {
            Assert.False(waiting.IsCompleted);
        }

        await first.DisposeAsync();
        var second = await waiting;

        Assert.Equal((false, true), (first.Waited, second.Waited));
        await second.DisposeAsync();
        await using var third = await HoldAsync(world.Locks, "apple");
        Assert.False(third.Waited);
    }

    [Fact]
    public async Task Many_that_want_one_name_have_it_one_after_the_other()
    {
        var inside = 0;
        var most = 0;
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async number =>
        {
            // Within a process a name is asked for once: each of these stands for a node.
            await using var node = new FetchLocks(world.Database, TimeProvider.System);
            await using var held = await HoldAsync(node, "apple");
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        }));
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task Patience_ends_and_the_node_goes_on_without()
    {
        await using var first = await HoldAsync(world.Locks, "apple");

        await using var second = await other.HoldAsync("apple", TimeSpan.FromMilliseconds(200), TestContext.Current.CancellationToken);

        Assert.Equal((null, true), (second.Locks, second.Waited));
    }

    [Fact]
    public async Task A_node_whose_connection_ends_holds_nobody_up()
    {
        var first = await HoldAsync(world.Locks, "apple");
        await using (var connection = new NpgsqlConnection(world.ConnectionString))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var end = new NpgsqlCommand("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'", connection);
            await end.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await using (var second = await HoldAsync(other, "apple"))
        {
            Assert.NotNull(second.Locks);
        }

        // Its own end of it neither throws nor keeps it from holding others.
        await first.DisposeAsync();
        await using var again = await HoldAsync(world.Locks, "pear");
    }

    [Fact]
    public async Task On_SQLite_there_is_nobody_to_wait_for()
    {
        await using var alone = await World.CreateAsync(Engine.Sqlite);
        await using var first = await HoldAsync(alone.Locks, "apple");
        await using var second = await HoldAsync(alone.Locks, "apple");
        Assert.Equal((false, false), (first.Waited, second.Waited));
    }

    private static Task<FetchLocks.Held> HoldAsync(FetchLocks locks, string name) => locks.HoldAsync(name, Long, TestContext.Current.CancellationToken);
}
