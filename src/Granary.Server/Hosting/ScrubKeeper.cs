using Granary.Core.Database;
using Granary.Core.Scrub;

namespace Granary.Server.Hosting;

/// <summary>Scrubs as often as is set, on whichever node comes first.</summary>
internal sealed partial class ScrubKeeper(Scrubber scrubber, ScrubOptions options, TimeProvider clock, ILogger<ScrubKeeper> logger) : BackgroundService
{
    // How often a node asks whether it is time, or whether another one has left something.
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostPause = TimeSpan.FromMinutes(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Interval == TimeSpan.Zero)
        {
            return;
        }

        var pause = TimeSpan.FromTicks(Math.Clamp(options.Interval.Ticks / 10, LeastPause.Ticks, MostPause.Ticks));
        while (true)
        {
            await Task.Delay(pause, clock, stoppingToken);
            try
            {
                if (await scrubber.RunAsync(onlyWhenDue: true, LogAsync, stoppingToken) is { } report)
                {
                    LogDone(report);
                }
            }
            catch (Exception failure) when (StorageFailure.Of(failure) is { } reason)
            {
                LogFailed(reason.Message);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                LogFailed(failure.Message);
            }
        }
    }

    private Task LogAsync(Damage damage)
    {
        LogDamage(damage);
        return Task.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Damaged: {Damage}")]
    private partial void LogDamage(Damage damage);

    [LoggerMessage(Level = LogLevel.Information, Message = "Scrub: {Report}")]
    private partial void LogDone(ScrubReport report);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The scrub was broken off and goes on later: {Reason}")]
    private partial void LogFailed(string reason);
}
