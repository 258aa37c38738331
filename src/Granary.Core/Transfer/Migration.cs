using Granary.Core.Assets;
using Granary.Core.Database;

namespace Granary.Core.Transfer;

/// <summary>Moves everything from one place to another, of whichever engine and storage each is. Nobody may write to either meanwhile.</summary>
/// <param name="keys">The keys of the source.</param>
public sealed class Migration(GranaryDatabase database, IAssetStorage storage, PrivateFiles keys, ArrivalPlace place)
{
    /// <param name="source">The source in words, the same at each run.</param>
    /// <exception cref="InvalidDataException">Bytes of the source are missing or damaged, or what has arrived is not what was sent.</exception>
    /// <exception cref="InvalidOperationException">The place is not empty.</exception>
    public async Task<ArrivalResult> RunAsync(string source, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        await using var rows = await DatabaseRows.OpenAsync(database, cancellation);
        return await new Arrival(place, progress).RunAsync(
            $"the migration of {source}", rows, keys, promised: null, tables => CopyBytesAsync(rows, tables, progress, cancellation), cancellation);
    }

    private async Task<(Tally Assets, Tally Documents)> CopyBytesAsync(
        DatabaseRows rows, IReadOnlyList<CopiedTable> tables, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        var copy = new BytesCopy(storage.Stored, place.Storage().Stored, storage, rereads: false, demandsKeys: true);
        var assets = new Tally(progress, "assets", await rows.CountAsync(tables.Single(t => t.Entity == typeof(Asset)), cancellation));
        var documents = new Tally(progress, "listings of public sources", null);
        var lost = await copy.RunAsync(NamedBytes.AssetsAsync(tables, table => rows.ReadAsync(table, cancellation), cancellation), assets.AddAsync, cancellation);
        if (lost.Count > 0)
        {
            throw new InvalidDataException(
                $"{BytesCopy.Tell(await LostAssets.NameAsync(database, lost, cancellation))}\nStart the old server, publish the same bytes again or delete those versions, stop it, and run this again.");
        }

        await copy.RunAsync(NamedBytes.DocumentsAsync(tables, table => rows.ReadAsync(table, cancellation), cancellation), documents.AddAsync, cancellation);
        return (assets, documents);
    }
}
