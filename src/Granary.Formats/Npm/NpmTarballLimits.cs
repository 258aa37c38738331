namespace Granary.Formats.Npm;

/// <summary>What one tarball may make the server read.</summary>
public sealed record NpmTarballLimits
{
    public static NpmTarballLimits Default { get; } = new();

    /// <summary>The unpacked archive, in bytes; CodeArtifact's 5 GiB for an asset, applied to what the asset becomes.</summary>
    public long UnpackedBytes { get; init; } = 5L << 30;

    /// <summary>Members of the archive. The largest packages in use, icon sets, have some 35,000.</summary>
    public int Entries { get; init; } = 100_000;

    /// <summary>The package.json, in bytes. More is refused.</summary>
    public int PackageJsonBytes { get; init; } = 4 << 20;

    /// <summary>The readme, in bytes. What is longer is cut off, as the text is for people only.</summary>
    public int ReadmeBytes { get; init; } = 1 << 20;
}
