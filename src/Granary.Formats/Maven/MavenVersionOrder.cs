namespace Granary.Formats.Maven;

/// <summary>The order of Maven's ComparableVersion, in which every text is a version.</summary>
internal sealed class MavenVersionOrder : IComparer<string>
{
    private MavenVersionOrder()
    {
    }

    public static MavenVersionOrder Instance { get; } = new();

    public int Compare(string? x, string? y) => MavenVersionItem.Parse(x ?? "").CompareTo(MavenVersionItem.Parse(y ?? ""));
}
