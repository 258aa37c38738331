using Granary.Core.Database;
using Granary.Core.Trail;

namespace Granary.Server.Hosting;

/// <summary>Removes what the audit trail need not keep any more: at start and once an hour.</summary>
internal sealed partial class TrailKeeper(TrailRetention retention, TimeProvider clock, ILogger<TrailKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await retention.BeginAsync(stoppingToken);
                await retention.RunAsync(stoppingToken);
            }
            catch (Exception failure) when (StorageFailure.Of(failure) is { } reason)
            {
                LogFailed(reason.Message);
            }

            await Task.Delay(Interval, clock, stoppingToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The audit trail could not be cut to its retention and will be in an hour: {Reason}")]
    private partial void LogFailed(string reason);
}
