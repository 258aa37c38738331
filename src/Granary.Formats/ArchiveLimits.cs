namespace Granary.Formats;

/// <summary>What one archive may make the server read, whatever the format.</summary>
public abstract record ArchiveLimits
{
    /// <summary>The unpacked archive, in bytes; CodeArtifact's 5 GiB for an asset, applied to what the asset becomes.</summary>
    public long UnpackedBytes { get; init; } = 5L << 30;

    /// <summary>Members of the archive. The largest npm packages in use, icon sets, have some 35,000.</summary>
    public int Entries { get; init; } = 100_000;
}
