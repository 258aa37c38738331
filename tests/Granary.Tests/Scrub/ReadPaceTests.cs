using Granary.Core.Scrub;

namespace Granary.Tests.Scrub;

public sealed class ReadPaceTests
{
    [Fact]
    public async Task No_more_bytes_a_second_go_by_and_a_pause_is_not_made_up_for()
    {
        var clock = new ManualTime(DateTimeOffset.UnixEpoch);
        var pace = new ReadPace(1000, clock);

        var first = pace.PassAsync(1500, CancellationToken.None).AsTask();
        clock.Advance(TimeSpan.FromSeconds(1.4));
        Assert.False(first.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.2));
        await first.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        clock.Advance(TimeSpan.FromHours(1));
        await pace.PassAsync(1, CancellationToken.None);
        var burst = pace.PassAsync(1000, CancellationToken.None).AsTask();
        Assert.False(burst.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(1));
        await burst.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }
}
