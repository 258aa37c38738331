using Granary.Core.Scrub;

namespace Granary.Server.Hosting;

/// <summary>Scrubs as often as is set.</summary>
internal sealed partial class ScrubKeeper(Scrubber scrubber, ScrubOptions options, TimeProvider clock, ILogger<ScrubKeeper> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Rounds.RunAsync(options.Interval, RunAsync, LogFailed, clock, stoppingToken);

    private async Task RunAsync(CancellationToken cancellation)
    {
        if (await scrubber.RunAsync(onlyWhenDue: true, LogAsync, cancellation) is { } report)
        {
            LogDone(report);
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
