namespace Granary.Formats.NuGet;

/// <summary>What one package may make the server read.</summary>
public sealed record NuGetLimits : ArchiveLimits
{
    public static NuGetLimits Default { get; } = new();

    /// <summary>The .nuspec, in bytes. More is refused.</summary>
    public int NuspecBytes { get; init; } = 1 << 20;

    /// <summary>The readme, in bytes. What is longer is cut off, as the text is for people only.</summary>
    public int ReadmeBytes { get; init; } = 1 << 20;

    /// <summary>The icon, in bytes; the public gallery's limit. A larger one is not shown.</summary>
    public int IconBytes { get; init; } = 1 << 20;
}
