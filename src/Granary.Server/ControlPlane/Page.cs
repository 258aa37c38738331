namespace Granary.Server.ControlPlane;

/// <summary>One page of a listing, asked for by the key of the last row before it, so that changes in between move nothing.</summary>
/// <param name="size">1 to 1000 rows.</param>
/// <param name="after">The parts of that key, or null for the first page.</param>
/// <param name="seal">Makes the token of a key.</param>
internal sealed class Page(int size, IReadOnlyList<string>? after, Func<IReadOnlyList<string>, string> seal)
{
    public IReadOnlyList<string>? After => after;

    /// <summary>How many rows the page shows at most.</summary>
    public int Size => size;

    /// <summary>The token of the page that begins after a key.</summary>
    public string Token(IReadOnlyList<string> key) => seal(key);

    /// <summary>How many rows to read: one more than the page shows says whether there is a next page.</summary>
    public int Take => size + 1;

    public (IReadOnlyList<T> Rows, string? NextToken) Cut<T>(IReadOnlyList<T> rows, Func<T, IReadOnlyList<string>> key) =>
        rows.Count <= size ? (rows, null) : ([.. rows.Take(size)], seal(key(rows[size - 1])));
}
