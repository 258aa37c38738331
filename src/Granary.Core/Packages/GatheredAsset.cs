namespace Granary.Core.Packages;

/// <summary>What an asset brings with it into its version.</summary>
/// <param name="Merge">
/// The manifest of the version with this asset in it, made of the manifest without it, which is empty for the first asset. Called
/// inside the transaction, maybe several times.
/// </param>
/// <param name="Summary">Of the version, where this is its first asset.</param>
/// <param name="Readme">Of the version, where this is its first asset.</param>
public sealed record GatheredAsset(Func<byte[], byte[]> Merge, string? Summary, string? Readme);
