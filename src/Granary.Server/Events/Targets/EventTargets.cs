using Granary.Server.Hosting;

namespace Granary.Server.Events.Targets;

public static class EventTargets
{
    /// <summary>Everything that sends events to targets. Who delivers adds a <see cref="SendToOwnBus"/> for the buses of this server.</summary>
    public static IServiceCollection AddEventTargets(this IServiceCollection services, ServeOptions options, DataDirectory data)
    {
        services.AddSingleton(options.EventTargets).AddSingleton(_ => new WebhookKeys(data.Path));
        services.AddSingleton(p => new TargetSenders(
            p.GetRequiredService<EventTargetOptions>(), p.GetRequiredService<WebhookKeys>(), p.GetRequiredService<TimeProvider>(), p.GetService<SendToOwnBus>()));
        return services;
    }
}
