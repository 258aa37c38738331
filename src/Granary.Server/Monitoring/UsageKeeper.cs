using Granary.Core.Database;
using Granary.Core.Usage;

namespace Granary.Server.Monitoring;

/// <summary>Writes what was counted, measures storage, and thins what is old.</summary>
internal sealed partial class UsageKeeper(
    UsageWriter writer, StorageMeasurement storage, UsageRetention retention, StorageGauges gauges, UsageOptions options, MetricsOptions metrics, TimeProvider clock, ILogger<UsageKeeper> logger)
    : BackgroundService
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Look = TimeSpan.FromMinutes(5);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (options.IsEnabled)
        {
            // Not with the host's token: where a slow request took all of the time, these few rows are written still.
            await TryAsync(() => writer.FlushAsync(CancellationToken.None));
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        options.IsEnabled ? Task.WhenAll(WriteAsync(stoppingToken), MeasureAsync(stoppingToken)) : Task.CompletedTask;

    private async Task WriteAsync(CancellationToken stopping)
    {
        while (true)
        {
            await Task.Delay(writer.Wait, clock, stopping);
            await TryAsync(() => writer.FlushAsync(stopping));
        }
    }

    private async Task MeasureAsync(CancellationToken stopping)
    {
        for (var pause = First; ; pause = Look)
        {
            await Task.Delay(pause, clock, stopping);
            await TryAsync(async () =>
            {
                if (await storage.RunAsync(onlyWhenDue: true, stopping))
                {
                    await retention.RunAsync(stopping);
                }

                if (metrics.IsWatched)
                {
                    await gauges.RefreshAsync(stopping);
                }
            });
        }
    }

    private async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception failure) when (StorageFailure.Of(failure) is { } reason)
        {
            LogFailed(reason.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Usage could not be written and will be later: {Reason}")]
    private partial void LogFailed(string reason);
}
