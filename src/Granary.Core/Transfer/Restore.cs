using Granary.Core.Database;

namespace Granary.Core.Transfer;

/// <summary>Fills an empty place from a snapshot of a backup.</summary>
public sealed class Restore(BackupFolder folder, ArrivalPlace place)
{
    /// <summary>Refuses a database that a restore or a migration has not completed.</summary>
    /// <exception cref="InvalidOperationException">It is incomplete.</exception>
    public static Task DemandCompleteAsync(GranaryDatabase database, CancellationToken cancellation) => RowArrival.DemandCompleteAsync(database, cancellation);

    /// <param name="snapshot">Its name; null for the newest.</param>
    /// <exception cref="InvalidDataException">The backup is damaged; the message names each file.</exception>
    /// <exception cref="InvalidOperationException">There is no such snapshot, or the place is not empty.</exception>
    public async Task<(string Snapshot, ArrivalResult Result)> RunAsync(string? snapshot, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        var found = folder.Find(snapshot);
        await using (var db = place.Database.Open())
        {
            await found.VerifyAsync(CopiedTable.All(db), progress, cancellation);
        }

        var result = await new Arrival(place, progress).RunAsync(
            $"the restore of the snapshot {found.Name} ({found.Digest})",
            found,
            found.ReadPrivate(),
            found.DigestOf,
            tables => CopyBytesAsync(found, tables, progress, cancellation),
            cancellation);
        return (found.Name, result);
    }

    private async Task<(Tally Assets, Tally Documents)> CopyBytesAsync(
        BackupSnapshot snapshot, IReadOnlyList<CopiedTable> tables, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        // Read again where an earlier run has stored them: whatever is in the place when this ends has been compared.
        var storage = place.Storage();
        var copy = new BytesCopy(folder.Storage(isOwner: false), storage.Stored, storage, rereads: true, demandsKeys: true);
        var assets = new Tally(progress, "assets", snapshot.Manifest.Assets.Count);
        var documents = new Tally(progress, "listings of public sources", snapshot.Manifest.Documents.Count);
        var known = (snapshot.Manifest.Lost ?? []).ToHashSet(StringComparer.Ordinal);
        try
        {
            var lost = await copy.RunAsync(NamedBytes.AssetsAsync(tables, table => snapshot.ReadAsync(table, cancellation), cancellation), assets.AddAsync, cancellation);
            BytesCopy.DemandNone([.. lost.Where(l => !known.Contains(l.Named.Key))]);
            // Those that a later backup has found whole are here by now.
            assets.Lost = [.. lost.Select(l => l.Named.Key).Order(StringComparer.Ordinal)];
            BytesCopy.DemandNone(await copy.RunAsync(snapshot.DocumentsAsync(cancellation), documents.AddAsync, cancellation));
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidDataException($"The backup {folder.Path} is damaged:\n{fault.Message}\nRestore another snapshot, or take another backup with --verify while the server still has them, and run this again.");
        }

        return assets.Count + assets.Lost.Count == snapshot.Manifest.Assets.Count + known.Count && documents.Count == snapshot.Manifest.Documents.Count
            ? (assets, documents)
            : throw new InvalidDataException($"{assets.Count} assets and {documents.Count} listings were restored, and the manifest says {snapshot.Manifest.Assets.Count} and {snapshot.Manifest.Documents.Count}.");
    }
}
