using Granary.Core.Collection;
using Granary.Core.Database;

namespace Granary.Server.Hosting;

/// <summary>Collects as often as is set, on whichever node comes first.</summary>
internal sealed partial class CollectionKeeper(Collector collector, CollectionOptions options, TimeProvider clock, ILogger<CollectionKeeper> logger) : BackgroundService
{
    // How often a node asks whether it is time: asking costs one statement that changes nothing.
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
            // First: what a server does in its first minute is to answer.
            await Task.Delay(pause, clock, stoppingToken);
            try
            {
                if (await collector.RunAsync(onlyWhenDue: true, stoppingToken) is { } report)
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

    private void LogDone(CollectionReport report)
    {
        LogCollected(report);
        if (report.IsOfAnother)
        {
            LogOfAnother();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Collection: {Report}")]
    private partial void LogCollected(CollectionReport report);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The storage belongs to another database, so that what this one does not name is left there. See docs/operations.md, Collection.")]
    private partial void LogOfAnother();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Collection was broken off and goes on later: {Reason}")]
    private partial void LogFailed(string reason);
}
