namespace Granary.Formats.Npm;

/// <summary>What one tarball may make the server read.</summary>
public sealed record NpmTarballLimits : ArchiveLimits
{
    public static NpmTarballLimits Default { get; } = new();

    /// <summary>The package.json, in bytes. More is refused.</summary>
    public int PackageJsonBytes { get; init; } = 4 << 20;

    /// <summary>The readme, in bytes. What is longer is cut off, as the text is for people only.</summary>
    public int ReadmeBytes { get; init; } = 1 << 20;
}
