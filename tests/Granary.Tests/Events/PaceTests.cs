using Granary.Server.Events;

namespace Granary.Tests.Events;

public sealed class PaceTests
{
    private static readonly DateTimeOffset now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public async Task So_many_begin_in_a_second_whoever_sets_the_clock_back()
    {
        var (clock, pace, begun) = (new ManualTime(now), new Pace(), 0);
        async Task BeginAsync()
        {
            await pace.WaitAsync(10, clock, CancellationToken.None);
            Interlocked.Increment(ref begun);
        }

        var all = Enumerable.Range(0, 30).Select(_ => BeginAsync()).ToList();
        Assert.Equal(1, begun);
        clock.SetBack(TimeSpan.FromHours(1));
        for (var tenth = 1; tenth < 30; tenth++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            await all[tenth].WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.Equal(tenth + 1, Volatile.Read(ref begun));
        }

        // Whoever comes a second later waits for nobody, and no second is saved up.
        clock.Advance(TimeSpan.FromSeconds(1));
        await BeginAsync().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.False(BeginAsync().IsCompleted);
    }
}
