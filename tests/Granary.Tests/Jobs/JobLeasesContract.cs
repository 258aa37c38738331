using Granary.Core.Database;
using Granary.Core.Jobs;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Jobs;

/// <summary>Who gets a job, also where the clock by which it was given has been wrong.</summary>
public abstract class JobLeasesContract(Engine engine) : WorldContract(engine)
{
    private const string Name = "work";

    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    [Fact]
    public async Task One_node_at_a_time_has_it_and_a_finished_one_rests_for_its_interval()
    {
        var held = await TakeAsync(Interval);
        Assert.NotNull(held);
        Assert.Null(await TakeAsync(null));
        await held.FinishAsync();
        Assert.Null(await TakeAsync(Interval));
        Assert.NotNull(await TakeAsync(null));
    }

    [Fact]
    public async Task A_job_of_a_node_that_died_while_the_clock_was_two_hours_ahead_is_anybodys_at_once()
    {
        Assert.NotNull(await TakeAsync(Interval));
        await WereAheadAsync(TimeSpan.FromHours(2));
        var taken = await TakeAsync(Interval);
        Assert.NotNull(taken);
        Assert.Null(await TakeAsync(null));
        await taken.FinishAsync();
    }

    [Fact]
    public async Task A_job_that_was_finished_while_the_clock_was_two_hours_ahead_is_due()
    {
        await (await TakeAsync(Interval))!.FinishAsync();
        Assert.Null(await TakeAsync(Interval));
        await WereAheadAsync(TimeSpan.FromHours(2));
        Assert.NotNull(await TakeAsync(Interval));
    }

    private Task<JobLeases.HeldJob?> TakeAsync(TimeSpan? interval) =>
        new JobLeases(World.Database, World.Log, TimeProvider.System).TryTakeAsync(Name, interval, TimeSpan.FromHours(1), CancellationToken.None);

    /// <summary>What was written so far was written by a clock that was so far ahead.</summary>
    private async Task WereAheadAsync(TimeSpan by)
    {
        await using var db = World.Database.Open();
        var more = (long)by.TotalMilliseconds;
        await db.Database.ExecuteSqlAsync(
            $"UPDATE job_leases SET expires_at = expires_at + {more}, seen_at = seen_at + {more}, finished_at = finished_at + {more}", CancellationToken.None);
    }
}

public sealed class JobLeasesOnSqliteTests() : JobLeasesContract(Engine.Sqlite);

public sealed class JobLeasesOnPostgreSqlTests() : JobLeasesContract(Engine.PostgreSql);
