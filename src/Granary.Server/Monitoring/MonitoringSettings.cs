using System.Globalization;
using Granary.Core.Usage;
using Granary.Server.Hosting;

namespace Granary.Server.Monitoring;

/// <summary>Reads what operators say of metrics, of the counting of usage and of its prices.</summary>
internal static class MonitoringSettings
{
    public const string UsageSection = "Usage";

    // What a password guesser needs longer for than it is worth.
    private const int ShortestToken = 16;

    // OpenTelemetry's specification, OTLP exporter: one for all signals, or one for each.
    private static readonly string[] Endpoints =
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"];

    /// <exception cref="FormatException">A value cannot be what it is for; the message names the key.</exception>
    public static MetricsOptions ReadMetrics(IConfiguration configuration) => new()
    {
        Urls = configuration[$"{MetricsOptions.Section}:{nameof(MetricsOptions.Urls)}"] is { } urls ? Settings.DemandUrls($"{MetricsOptions.Section}:{nameof(MetricsOptions.Urls)}", urls) : "",
        Token = ReadToken(configuration, $"{MetricsOptions.Section}:TokenFile"),
        Exports = Endpoints.Any(name => configuration[name] is { Length: > 0 }) && !"true".Equals(configuration["OTEL_SDK_DISABLED"], StringComparison.OrdinalIgnoreCase),
    };

    public static UsageOptions ReadUsage(IConfiguration configuration) => new(Settings.Flag(configuration, $"{UsageSection}:Enabled") ?? true);

    public static PriceSheet ReadPrices(IConfiguration configuration)
    {
        var defaults = new PriceSheet();
        return new PriceSheet
        {
            StorageGbMonth = Price(configuration, nameof(PriceSheet.StorageGbMonth)) ?? defaults.StorageGbMonth,
            TenThousandRequests = Price(configuration, nameof(PriceSheet.TenThousandRequests)) ?? defaults.TenThousandRequests,
            TransferGb = Price(configuration, nameof(PriceSheet.TransferGb)) ?? defaults.TransferGb,
        };
    }

    private static string? ReadToken(IConfiguration configuration, string key)
    {
        if (configuration[key] is not { Length: > 0 } path)
        {
            return null;
        }

        try
        {
            var token = File.ReadAllText(path).Trim();
            return token.Length >= ShortestToken && token.All(c => c is > ' ' and <= '~')
                ? token
                : throw new FormatException($"{key}: {path} holds no token. Put one of at least {ShortestToken} visible ASCII characters there, such as: openssl rand -hex 32");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{key}: {path} cannot be read: {failure.Message}");
        }
    }

    private static decimal? Price(IConfiguration configuration, string name) => configuration[$"{PriceSheet.Section}:{name}"] switch
    {
        null or "" => null,
        var text when decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var price) && price <= 1_000_000 => price,
        var text => throw new FormatException($"{PriceSheet.Section}:{name}: '{text}' is no price in US dollars. Write one such as 0.05, or 0."),
    };
}
