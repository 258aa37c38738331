using Granary.Core.Database;

namespace Granary.Server.Hosting;

/// <summary>Work in the background that is done again and again, on whichever node comes first.</summary>
internal static class Rounds
{
    // How often a node asks whether it is time, or whether another one has left something: asking costs one statement that changes nothing.
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostPause = TimeSpan.FromMinutes(5);

    /// <summary>Runs until the cancellation; not at all where the interval is zero.</summary>
    /// <param name="interval">Between two rounds.</param>
    /// <param name="round">Does one if it is due.</param>
    /// <param name="failed">Is told why a round was broken off by a disk or a database. It goes on at the next.</param>
    public static async Task RunAsync(TimeSpan interval, Func<CancellationToken, Task> round, Action<string> failed, TimeProvider clock, CancellationToken cancellation)
    {
        if (interval == TimeSpan.Zero)
        {
            return;
        }

        var pause = TimeSpan.FromTicks(Math.Clamp(interval.Ticks / 10, LeastPause.Ticks, MostPause.Ticks));
        while (true)
        {
            // First: what a server does in its first minute is to answer.
            await Task.Delay(pause, clock, cancellation);
            try
            {
                await round(cancellation);
            }
            catch (Exception failure) when (StorageFailure.Of(failure) is { } reason)
            {
                failed(reason.Message);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                failed(failure.Message);
            }
        }
    }
}
