namespace Granary.Server.Events;

/// <summary>Lets so many requests a second begin, evenly.</summary>
internal sealed class Pace
{
    private readonly Lock gate = new();
    private DateTimeOffset next;

    /// <summary>Returns when it is the caller's turn.</summary>
    public async Task WaitAsync(int perSecond, TimeProvider clock, CancellationToken cancellation)
    {
        TimeSpan wait;
        lock (gate)
        {
            var now = clock.GetUtcNow();
            var turn = next > now ? next : now;
            next = turn + TimeSpan.FromSeconds(1.0 / perSecond);
            wait = turn - now;
        }

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, clock, cancellation);
        }
    }
}
