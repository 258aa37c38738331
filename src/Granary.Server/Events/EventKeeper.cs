using Granary.Core.Events.Delivery;

namespace Granary.Server.Events;

/// <summary>Has events delivered for as long as the server runs.</summary>
internal sealed class EventKeeper(EventPump pump) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => pump.RunAsync(stoppingToken);
}
