namespace Granary.Tests.ControlPlane;

/// <summary>A listing that comes in pages, and how its rows come and go.</summary>
/// <param name="Read">A page: its size, and the token of the page before or null.</param>
internal sealed record PagedListing(
    Func<int, string?, Task<(IReadOnlyList<string> Rows, string? Next)>> Read, Func<string, Task> Add, Func<string, Task> Remove)
{
    private const int Lasting = 6;
    private const int Size = 2;

    /// <summary>Whether pages are in the order of the rows' names; else they are in the reverse one.</summary>
    public bool Ascending { get; init; } = true;

    /// <summary>
    /// Walks the pages while before and after the reader's place rows are added and removed, the one at which the page before ended among
    /// them. What is there throughout must be seen once, in its place, and nothing twice.
    /// </summary>
    public async Task MustBeStableAsync()
    {
        var lasting = Enumerable.Range(0, Lasting).Select(n => $"m{n}0").ToArray();
        var passing = Enumerable.Range(0, Lasting).Select(n => $"m{n}5").ToHashSet();
        foreach (var name in lasting.Concat(passing))
        {
            await Add(name);
        }

        var seen = new List<string>();
        var removedCursors = 0;
        string? token = null;
        for (var step = 0; ; step++)
        {
            // Backwards it is the first of each two names that passes, and the first page is to end at one.
            (var rows, token) = await Read(step == 0 && !Ascending ? 1 : Size, token);
            Assert.InRange(rows.Count, 0, Size);
            seen.AddRange(rows);
            if (token is null)
            {
                break;
            }

            Assert.True(step < 40, $"The pages have no end: {string.Join(' ', seen)}");
            if (step >= 2 * Lasting || rows.Count == 0)
            {
                continue;
            }

            var last = rows[^1];
            await Add($"a{step:D2}");
            await Add($"z{step:D2}");
            if (!last.EndsWith('x') && last[0] == 'm')
            {
                await Add($"{last}x");
            }

            if (passing.Remove(last))
            {
                await Remove(last);
                removedCursors++;
            }
            else if ((Ascending ? passing.Except(seen).Max(StringComparer.Ordinal) : passing.Except(seen).Min(StringComparer.Ordinal)) is { } other)
            {
                passing.Remove(other);
                await Remove(other);
            }
        }

        Assert.Equal(seen.Distinct(), seen);
        Assert.True(removedCursors > 0, "No page ended at a row that could be removed.");
        var met = seen.Where(lasting.Contains).ToList();
        Assert.Equal(lasting, met.Order(StringComparer.Ordinal));
        Assert.Equal(Ascending ? seen.Order(StringComparer.Ordinal) : seen.OrderDescending(StringComparer.Ordinal), seen);
    }
}
