using Granary.Core.Database;
using Granary.Core.Scrub;

namespace Granary.Core.Transfer;

/// <summary>Says whose bytes are lost: an operator knows packages, and no keys.</summary>
internal static class LostAssets
{
    // As many versions as a line names that share an asset.
    private const int MostUses = 3;

    /// <returns>A line for each, which begins with the versions that name it.</returns>
    public static async Task<IReadOnlyList<string>> NameAsync(GranaryDatabase database, IReadOnlyList<LostBytes> lost, CancellationToken cancellation)
    {
        var lines = new List<string>();
        await using var db = database.Open();
        foreach (var (named, fault, _) in lost)
        {
            var (domain, uses) = await AssetUses.FindAsync(db, named.DomainId, named.Sha256!, MostUses, cancellation);
            lines.Add(uses.Count == 0 ? fault : $"{domain}: {string.Join(", ", uses)}: {fault}");
        }

        return lines;
    }
}
