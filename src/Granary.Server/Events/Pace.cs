namespace Granary.Server.Events;

/// <summary>Lets so many requests a second begin, evenly.</summary>
internal sealed class Pace
{
    private readonly Lock gate = new();

    // By the clock that nobody sets: one that is set back would hold up everything until it has caught up.
    private long next;

    /// <summary>Returns when it is the caller's turn.</summary>
    public async Task WaitAsync(int perSecond, TimeProvider clock, CancellationToken cancellation)
    {
        TimeSpan wait;
        lock (gate)
        {
            var now = clock.GetTimestamp();
            var turn = Math.Max(next, now);
            next = turn + (clock.TimestampFrequency / perSecond);
            wait = clock.GetElapsedTime(now, turn);
        }

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, clock, cancellation);
        }
    }
}
