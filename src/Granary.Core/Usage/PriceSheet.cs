namespace Granary.Core.Usage;

/// <summary>What usage costs, in US dollars. The defaults are CodeArtifact's.</summary>
public sealed record PriceSheet
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Pricing";

    /// <summary>A gibibyte that is kept for a month.</summary>
    public decimal StorageGbMonth { get; init; } = 0.05m;

    /// <summary>Ten thousand requests, whatever they ask for.</summary>
    public decimal TenThousandRequests { get; init; } = 0.05m;

    /// <summary>A gibibyte that is sent to clients.</summary>
    public decimal TransferGb { get; init; }
}
