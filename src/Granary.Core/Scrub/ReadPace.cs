namespace Granary.Core.Scrub;

/// <summary>Lets no more bytes a second go by than is wanted.</summary>
internal sealed class ReadPace(long bytesPerSecond, TimeProvider clock)
{
    // What was not used is forgotten, so that a pause is not followed by a burst.
    private static readonly TimeSpan MostCredit = TimeSpan.FromSeconds(1);

    private long start = clock.GetTimestamp();
    private double due;

    public async ValueTask PassAsync(long bytes, CancellationToken cancellation)
    {
        due += (double)bytes / bytesPerSecond;
        var late = clock.GetElapsedTime(start) - TimeSpan.FromSeconds(due);
        if (late < TimeSpan.Zero)
        {
            await Task.Delay(-late, clock, cancellation);
        }
        else if (late > MostCredit)
        {
            (start, due) = (clock.GetTimestamp(), 0);
        }
    }
}
