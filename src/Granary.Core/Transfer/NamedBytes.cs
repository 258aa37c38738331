using System.Runtime.CompilerServices;
using Granary.Core.Assets;
using Granary.Core.Upstreams;

namespace Granary.Core.Transfer;

/// <summary>Bytes in the storage that a row names.</summary>
/// <param name="DomainId">Of an asset; 0 of anything else.</param>
/// <param name="Size">Null where the row does not say it; then <paramref name="Sha256"/> is null too, and the bytes may be missing.</param>
internal sealed record NamedBytes(string Key, long DomainId, long? Size, byte[]? Sha256)
{
    /// <summary>The assets, which must all be there.</summary>
    public static async IAsyncEnumerable<NamedBytes> AssetsAsync(IReadOnlyList<CopiedTable> tables, Func<CopiedTable, IAsyncEnumerable<object?[]>> read, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var table = tables.Single(t => t.Entity == typeof(Asset));
        var (domain, digest, generation, size) =
            (table.IndexOf(nameof(Asset.DomainId)), table.IndexOf(nameof(Asset.Sha256)), table.IndexOf(nameof(Asset.Generation)), table.IndexOf(nameof(Asset.Size)));
        await foreach (var row in read(table).WithCancellation(cancellation))
        {
            var sha256 = (byte[])row[digest]!;
            yield return new NamedBytes(AssetKey.OfAsset((long)row[domain]!, sha256, (long)row[generation]!), (long)row[domain]!, (long)row[size]!, sha256);
        }
    }

    /// <summary>The listings of public sources: replaced at any time, and fetched again where they are not there.</summary>
    public static async IAsyncEnumerable<NamedBytes> DocumentsAsync(IReadOnlyList<CopiedTable> tables, Func<CopiedTable, IAsyncEnumerable<object?[]>> read, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var table = tables.Single(t => t.Entity == typeof(SourceDocument));
        var key = table.IndexOf(nameof(SourceDocument.StorageKey));
        await foreach (var row in read(table).WithCancellation(cancellation))
        {
            if (row[key] is string named)
            {
                yield return new NamedBytes(named, 0, null, null);
            }
        }
    }
}
