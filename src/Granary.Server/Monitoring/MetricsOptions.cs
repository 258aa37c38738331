namespace Granary.Server.Monitoring;

/// <summary>Where this server tells its metrics and traces.</summary>
public sealed record MetricsOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Metrics";

    /// <summary>Addresses that answer <c>/metrics</c> and nothing else, separated by semicolons; empty for none.</summary>
    public string Urls { get; init; } = "";

    /// <summary>What whoever scrapes must present as a bearer token; null: <c>/metrics</c> is on <see cref="Urls"/> alone, for everybody who reaches them.</summary>
    public string? Token { get; init; }

    /// <summary>Whether metrics, traces and logs go out by OTLP, as OpenTelemetry's own variables say.</summary>
    public bool Exports { get; init; }

    /// <summary>Whether anybody can scrape.</summary>
    public bool IsScraped => Urls.Length > 0 || Token is not null;

    /// <summary>Whether anybody asks for metrics at all.</summary>
    public bool IsWatched => IsScraped || Exports;

    // A record shows all that it has.
    public override string ToString() => $"metrics on {Urls}";
}
