namespace Granary.Core.Trail;

/// <summary>What operators say of the trail.</summary>
/// <param name="RetentionDays">How long records are kept at least; 0 for ever.</param>
/// <param name="Reads">Whether successful reads of package managers are recorded.</param>
public sealed record TrailOptions(int RetentionDays = 90, bool Reads = true);
