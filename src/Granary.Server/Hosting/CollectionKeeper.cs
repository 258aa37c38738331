using Granary.Core.Collection;

namespace Granary.Server.Hosting;

/// <summary>Collects as often as is set.</summary>
internal sealed partial class CollectionKeeper(Collector collector, CollectionOptions options, TimeProvider clock, ILogger<CollectionKeeper> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.RunAsync(options.Interval, RunAsync, LogFailed, clock, stoppingToken);

    private async Task RunAsync(CancellationToken cancellation)
    {
        if (await collector.RunAsync(onlyWhenDue: true, cancellation) is not { } report)
        {
            return;
        }

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
