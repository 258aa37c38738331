using System.Text.RegularExpressions;

namespace Granary.Formats.Maven;

/// <summary>
/// One build of a snapshot: <c>1.0-20210728.194552-1</c> of <c>1.0-SNAPSHOT</c>. The publisher takes the time and the number; both together
/// are part of the names of all files of the build.
/// </summary>
/// <param name="Base">What stands before the hyphen: <c>1.0</c>.</param>
/// <param name="Timestamp"><c>yyyyMMdd.HHmmss</c>, in UTC.</param>
/// <param name="Number">Counted up by publishers, in digits.</param>
internal sealed partial record MavenSnapshot(string Base, string Timestamp, string Number) : IComparable<MavenSnapshot>
{
    /// <summary>The end of a version that stands for its newest build.</summary>
    public const string Suffix = "-SNAPSHOT";

    /// <summary>The version of the build alone.</summary>
    public string Version => $"{Base}-{Timestamp}-{Number}";

    /// <summary>The version that stands for the newest build; the folder of all builds.</summary>
    public string Folder => Base + Suffix;

    /// <summary>As metadata writes it: <c>yyyyMMddHHmmss</c>.</summary>
    public string Updated => Timestamp.Remove(8, 1);

    public static bool IsFolder(string version) => version.Length > Suffix.Length && version.EndsWith(Suffix, StringComparison.Ordinal);

    /// <summary>The build that a version names, or null.</summary>
    public static MavenSnapshot? Parse(string version) =>
        Build().Match(version) is { Success: true } match ? new(match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value) : null;

    /// <summary>The build whose file this is, in the folder of its snapshot; null where the name begins with no build.</summary>
    public static MavenSnapshot? OfFile(string artifact, string folder, string file)
    {
        var start = $"{artifact}-{folder[..^Suffix.Length]}-";
        return file.StartsWith(start, StringComparison.Ordinal) && File().Match(file[start.Length..]) is { Success: true } match
            ? new(folder[..^Suffix.Length], match.Groups[1].Value, match.Groups[2].Value)
            : null;
    }

    public int CompareTo(MavenSnapshot? other)
    {
        var compared = string.CompareOrdinal(Timestamp, other?.Timestamp);
        return compared != 0 ? compared : Digits.Compare(Number, other?.Number);
    }

    [GeneratedRegex(@"\A(.+)-([0-9]{8}\.[0-9]{6})-([0-9]{1,18})\z")]
    private static partial Regex Build();

    [GeneratedRegex(@"\A([0-9]{8}\.[0-9]{6})-([0-9]{1,18})[.-][^.-]")]
    private static partial Regex File();
}
