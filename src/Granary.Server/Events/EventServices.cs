using Granary.Core.Events.Delivery;
using Granary.Server.Events.Targets;
using Granary.Server.Hosting;

namespace Granary.Server.Events;

/// <summary>What turns changes into events and has them delivered.</summary>
internal static class EventServices
{
    public static IServiceCollection AddEvents(this IServiceCollection services, ServeOptions options, DataDirectory data) => services
        .AddEventTargets(options, data)
        .AddSingleton<OwnBuses>()
        .AddSingleton<SendToOwnBus>(p => p.GetRequiredService<OwnBuses>().SendAsync)
        .AddSingleton<TargetDirectory>()
        .AddSingleton<EventDispatcher>()
        .AddSingleton(p => p.GetRequiredService<EventDispatcher>().Senders)
        .AddSingleton<EventPump>()
        .AddHostedService<EventKeeper>();
}
