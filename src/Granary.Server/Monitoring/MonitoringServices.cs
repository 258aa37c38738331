using Granary.Core.Usage;
using Granary.Server.Hosting;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Granary.Server.Monitoring;

/// <summary>Counting, and telling of it. Of OpenTelemetry nothing is loaded unless somebody is to be told.</summary>
internal static class MonitoringServices
{
    public static void AddMonitoring(this WebApplicationBuilder builder, ServeOptions options)
    {
        builder.Services.AddSingleton(options.Usage).AddSingleton(options.Metrics).AddSingleton(options.Prices);
        builder.Services.AddSingleton<UsageMeter>().AddSingleton<UsageWriter>().AddSingleton<UsageRetention>().AddSingleton<StorageMeasurement>();
        builder.Services.AddSingleton<MetricQueries>().AddSingleton<UsageReport>().AddSingleton<Downloads>();
        builder.Services.AddSingleton<StorageGauges>().AddSingleton<RequestMeters>().AddHostedService<UsageKeeper>();
        builder.Services.AddSingleton<QueueGauges>().AddHostedService(p => p.GetRequiredService<QueueGauges>());
        if (options.Metrics.IsWatched)
        {
            AddOpenTelemetry(builder, options.Metrics);
        }
    }

    private static void AddOpenTelemetry(WebApplicationBuilder builder, MetricsOptions options)
    {
        var telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(Name);
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(Telemetry.Name);
            if (options.IsScraped)
            {
                metrics.AddPrometheusExporter();
            }

            if (options.Exports)
            {
                metrics.AddOtlpExporter();
            }
        });
        if (!options.Exports)
        {
            return;
        }

        telemetry.WithTracing(traces => traces.AddSource(Telemetry.Name).AddOtlpExporter());
        builder.Logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = true;
            logs.AddOtlpExporter();
        });
    }

    private static void Name(ResourceBuilder resource)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME")))
        {
            resource.AddService("granary", serviceVersion: typeof(MonitoringServices).Assembly.GetName().Version?.ToString(3));
        }
    }
}
