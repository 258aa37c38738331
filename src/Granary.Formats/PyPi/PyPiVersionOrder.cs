namespace Granary.Formats.PyPi;

/// <summary>The order of PEP 440; texts that are no version come first, by ordinal.</summary>
internal sealed class PyPiVersionOrder : IComparer<string>
{
    private PyPiVersionOrder()
    {
    }

    public static PyPiVersionOrder Instance { get; } = new();

    public int Compare(string? x, string? y) => (PyPiVersion.Parse(x ?? ""), PyPiVersion.Parse(y ?? "")) switch
    {
        ({ } left, { } right) => left.CompareTo(right),
        (null, null) => string.CompareOrdinal(x, y),
        (var left, _) => left is null ? -1 : 1,
    };
}
