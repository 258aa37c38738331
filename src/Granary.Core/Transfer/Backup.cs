using System.Globalization;
using System.Reflection;
using System.Text;
using Granary.Core.Assets;
using Granary.Core.Database;

namespace Granary.Core.Transfer;

/// <param name="Snapshot">Its name.</param>
/// <param name="NewFiles">Assets and documents that were not in the folder before.</param>
/// <param name="Unread">New assets that were not compared with their digest, since their domain's key cannot be used.</param>
/// <param name="Lost">In words, a line each: the assets that the storage does not have as they were published, and that the snapshot lacks.</param>
public sealed record BackupResult(string Snapshot, long Rows, long Assets, long AssetBytes, long NewFiles, long NewBytes, long Unread, IReadOnlyList<string> Lost)
{
    /// <summary>The lines of <see cref="Lost"/>, up to 20.</summary>
    public string LostLines => BytesCopy.Tell(Lost);
}

/// <summary>
/// Takes a snapshot beside a running server: the rows as they are at one moment, then the bytes that those rows name. Whatever is
/// published meanwhile is in the next one. An asset that is missing or damaged in the storage is left out and named, in the manifest too:
/// one rotten file must not keep all others from being saved.
/// </summary>
/// <param name="privateFiles">Reads the keys as they are now.</param>
public sealed class Backup(GranaryDatabase database, IAssetStorage storage, Func<PrivateFiles> privateFiles, TimeProvider clock)
{
    /// <summary>The version that manifests name.</summary>
    private static readonly string Version = typeof(Backup).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <param name="verify">Whether bytes that the folder has already are read and compared, and not only measured.</param>
    /// <exception cref="InvalidDataException">No asset at all is in the storage.</exception>
    /// <exception cref="InvalidOperationException">Keys were replaced meanwhile, or another backup runs.</exception>
    public async Task<BackupResult> RunAsync(BackupFolder folder, bool verify, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        await using var held = folder.Hold();
        var takenAt = clock.GetUtcNow();
        var path = folder.Begin(takenAt);
        var writer = new SnapshotWriter(path);

        // The keys before the rows: a row must not be sealed with one that is gone when they are read.
        var before = privateFiles();
        var tables = await WriteRowsAsync(writer, progress, cancellation);
        var after = privateFiles();
        if (!before.HasSameKeys(after))
        {
            throw new InvalidOperationException("The keys were replaced while the backup was taken. Run it again.");
        }

        foreach (var (name, content) in after.Files)
        {
            await writer.WriteAsync($"{BackupSnapshot.PrivateFolder}/{name}", content);
        }

        var copy = new BytesCopy(storage.Stored, folder.Storage(isOwner: true), storage, verify, demandsKeys: false);
        IAsyncEnumerable<object?[]> Read(CopiedTable table) => TableFile.ReadAsync(path, table, cancellation);
        var assets = new Tally(progress, "assets", writer.RowsOf(tables.Single(t => t.Entity == typeof(Asset))));
        var lost = await copy.RunAsync(NamedBytes.AssetsAsync(tables, Read, cancellation), assets.AddAsync, cancellation);
        if (assets.Count == 0 && lost.Count > 0 && lost.All(l => l.IsMissing))
        {
            throw new InvalidDataException($"None of the {lost.Count} assets is in the storage, so that no snapshot was made. Look whether it is mounted, and whether Storage:… names the right place.");
        }

        var documents = new Tally(progress, "listings of public sources", null);
        await writer.WriteFileAsync(
            BackupSnapshot.DocumentList, stream => WriteDocumentsAsync(stream, copy, NamedBytes.DocumentsAsync(tables, Read, cancellation), documents, cancellation));

        writer.End(Version, takenAt, new ManifestBytes(assets.Count, assets.Bytes), new ManifestBytes(documents.Count, documents.Bytes), [.. lost.Select(l => l.Named.Key).Order(StringComparer.Ordinal)]);
        return new BackupResult(
            Path.GetFileName(path),
            writer.Rows,
            assets.Count,
            assets.Bytes,
            assets.NewCount + documents.NewCount,
            assets.NewBytes + documents.NewBytes,
            copy.Unread,
            await LostAssets.NameAsync(database, lost, cancellation));
    }

    private async Task<IReadOnlyList<CopiedTable>> WriteRowsAsync(SnapshotWriter writer, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        await using var rows = await DatabaseRows.OpenAsync(database, cancellation);
        foreach (var table in rows.Tables)
        {
            await writer.WriteAsync(rows, table, progress, cancellation);
        }

        return rows.Tables;
    }

    private static async Task WriteDocumentsAsync(Stream list, BytesCopy copy, IAsyncEnumerable<NamedBytes> documents, Tally tally, CancellationToken cancellation) =>
        await copy.RunAsync(
            documents,
            async one =>
            {
                await tally.AddAsync(one);
                var line = string.Create(CultureInfo.InvariantCulture, $"{one.Key}\t{one.Size}\t{Convert.ToHexStringLower(one.Sha256)}\n");
                await list.WriteAsync(Encoding.ASCII.GetBytes(line), cancellation);
            },
            cancellation);
}
