using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Transfer;

public sealed class DatabaseUseTests
{
    [Fact]
    public async Task Servers_share_a_database_that_who_needs_it_alone_does_not_get_and_the_other_way_round()
    {
        await using var databases = await Databases.CreateAsync(Engine.PostgreSql);
        var database = databases.Database;
        await using (await DatabaseUse.ShareAsync(database, CancellationToken.None))
        {
            await using var second = await DatabaseUse.ShareAsync(database, CancellationToken.None);
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => DatabaseUse.HoldAloneAsync(database, CancellationToken.None));
            Assert.Contains("Stop all servers", refused.Message, StringComparison.Ordinal);
        }

        await using (await DatabaseUse.HoldAloneAsync(database, CancellationToken.None))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => DatabaseUse.ShareAsync(database, CancellationToken.None));
            await Assert.ThrowsAsync<InvalidOperationException>(() => DatabaseUse.HoldAloneAsync(database, CancellationToken.None));
        }

        await using var after = await DatabaseUse.ShareAsync(database, CancellationToken.None);
    }

    [Fact]
    public async Task A_server_whose_connection_breaks_takes_its_lock_anew_and_stops_where_somebody_else_was_faster()
    {
        await using var databases = await Databases.CreateAsync(Engine.PostgreSql);
        var database = databases.Database;
        var clock = new ManualTime(DateTimeOffset.UnixEpoch);
        await using var use = await DatabaseUse.ShareAsync(database, CancellationToken.None);
        var lost = new TaskCompletionSource();
        use.Watch(clock, lost.SetResult);

        await BreakAsync(database);
        await PassAsync(clock, async () => await LocksAsync(database) == 1);
        Assert.False(lost.Task.IsCompleted);

        await BreakAsync(database);
        await using var alone = await DatabaseUse.HoldAloneAsync(database, CancellationToken.None);
        await PassAsync(clock, () => Task.FromResult(lost.Task.IsCompleted));
        await alone.DemandAsync(CancellationToken.None);

        await BreakAsync(database);
        await Assert.ThrowsAsync<InvalidOperationException>(() => alone.DemandAsync(CancellationToken.None));
    }

    private static async Task PassAsync(ManualTime clock, Func<Task<bool>> until)
    {
        for (var tries = 0; !await until(); tries++)
        {
            Assert.True(tries < 500, "The lock was not looked at.");
            clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static async Task BreakAsync(GranaryDatabase database)
    {
        await using var db = database.Open();
        await db.Database.ExecuteSqlAsync(
            $"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            TestContext.Current.CancellationToken);
        for (var tries = 0; await LocksAsync(database) > 0; tries++)
        {
            Assert.True(tries < 500, "The connection was not broken.");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<int> LocksAsync(GranaryDatabase database)
    {
        await using var db = database.Open();
        return await db.Database
            .SqlQuery<int>($"""SELECT COUNT(*)::int AS "Value" FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""")
            .SingleAsync(TestContext.Current.CancellationToken);
    }
}
