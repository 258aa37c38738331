namespace Granary.Formats.PyPi;

/// <summary>What one distribution may make the server read.</summary>
public sealed record PyPiLimits : ArchiveLimits
{
    public static PyPiLimits Default { get; } = new();

    /// <summary>The METADATA or PKG-INFO with the description in it, in bytes.</summary>
    public int MetadataBytes { get; init; } = 4 << 20;

    /// <summary>The RECORD of a wheel, in bytes: a line for each file.</summary>
    public int RecordBytes { get; init; } = 32 << 20;
}
