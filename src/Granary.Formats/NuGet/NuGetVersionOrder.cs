using NuGet.Versioning;

namespace Granary.Formats.NuGet;

/// <summary>SemVer 2.0 with a fourth number and case-insensitive labels; texts that are no version come first, by ordinal.</summary>
internal sealed class NuGetVersionOrder : IComparer<string>
{
    private NuGetVersionOrder()
    {
    }

    public static NuGetVersionOrder Instance { get; } = new();

    public int Compare(string? x, string? y) => (NuGetVersion.TryParse(x, out var left), NuGetVersion.TryParse(y, out var right)) switch
    {
        (true, true) => VersionComparer.Default.Compare(left, right),
        (false, false) => string.CompareOrdinal(x, y),
        (var leftIsVersion, _) => leftIsVersion ? 1 : -1,
    };
}
