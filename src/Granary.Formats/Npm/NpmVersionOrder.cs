namespace Granary.Formats.Npm;

/// <summary>
/// Version strings from oldest to newest. What is not a version comes first, by ordinal; versions that differ in build
/// metadata alone are told apart by ordinal too, so that an order of distinct strings never depends on the sort.
/// </summary>
public sealed class NpmVersionOrder : IComparer<string>
{
    private NpmVersionOrder()
    {
    }

    public static NpmVersionOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        var left = x is not null && NpmVersion.TryParse(x, out var a) ? a : default(NpmVersion?);
        var right = y is not null && NpmVersion.TryParse(y, out var b) ? b : default(NpmVersion?);
        var compared = (left, right) switch
        {
            ({ } l, { } r) => l.PrecedenceTo(r),
            ({ }, null) => 1,
            (null, { }) => -1,
            _ => 0,
        };
        return compared != 0 ? compared : string.CompareOrdinal(x, y);
    }
}
