using Granary.Core.Access;
using Granary.Core.Events.Buses;
using Granary.Core.Events.Delivery;

namespace Granary.Server.Aws.EventBridge;

/// <summary>What EventBridge's operations work with.</summary>
internal static class EventBridgeServices
{
    public static IServiceCollection AddEventBridge(this IServiceCollection services) => services
        .AddSingleton(p => new EventArns(p.GetRequiredService<ResourceArns>().Region))
        .AddSingleton<EventBusStore>()
        .AddSingleton<BusPermission>()
        .AddSingleton<EventRuleStore>()
        .AddSingleton<EventTargetStore>()
        .AddSingleton<EventTagStore>()
        .AddSingleton<EventRules>()
        .AddSingleton<ConnectionStore>()
        .AddSingleton<ConnectionSeal>()
        .AddSingleton<ApiDestinationStore>()
        .AddSingleton<ArchiveStore>()
        .AddSingleton<ReplayStore>()
        .AddSingleton<EventIntake>();
}
