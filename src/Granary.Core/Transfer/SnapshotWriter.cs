using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Granary.Core.Assets;

namespace Granary.Core.Transfer;

/// <summary>Writes the files of one snapshot, each synced, and at last its manifest.</summary>
/// <param name="folder">Empty.</param>
internal sealed class SnapshotWriter(string folder)
{
    private readonly List<ManifestFile> files = [];
    private readonly List<ManifestTable> tables = [];

    public long Rows => tables.Sum(t => t.Rows);

    public long RowsOf(CopiedTable table) => tables.Single(t => t.Name == table.Name).Rows;

    /// <summary>A table's rows as lines, compressed.</summary>
    public async Task WriteAsync(IRowSource rows, CopiedTable table, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        var total = await rows.CountAsync(table, cancellation);
        using var lines = new RowLines(table);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long count = 0;
        await WriteFileAsync(TableFile.PathOf(table), async stream =>
        {
            await using var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
            await foreach (var row in rows.ReadAsync(table, cancellation))
            {
                var line = lines.Write(row);
                hash.AppendData(line.Span);
                gzip.Write(line.Span);
                if (++count % 1000 == 0)
                {
                    progress.Report(new TransferProgress($"rows of {table.Name}", count, total));
                }
            }
        });
        progress.Report(new TransferProgress($"rows of {table.Name}", count, total));
        var counter = table.Counter is null ? 0 : await rows.CounterAsync(table, cancellation);
        tables.Add(new ManifestTable(table.Name, [.. table.Columns.Select(c => c.Name)], count, Convert.ToHexStringLower(hash.GetHashAndReset()), counter));
    }

    /// <param name="path">Below the snapshot's folder, with slashes.</param>
    public Task WriteAsync(string path, ReadOnlyMemory<byte> content) => WriteFileAsync(path, async stream => await stream.WriteAsync(content));

    public async Task WriteFileAsync(string path, Func<Stream, Task> write)
    {
        var full = Path.Combine(folder, path);
        DurableFile.CreateDirectory(Path.GetDirectoryName(full)!);
        using var sha256 = SHA256.Create();
        await using var file = new FileStream(full, Options());
        await using (var hashing = new CryptoStream(file, sha256, CryptoStreamMode.Write, leaveOpen: true))
        {
            await write(hashing);
        }

        file.Flush(flushToDisk: true);
        files.Add(new ManifestFile(path, file.Length, Convert.ToHexStringLower(sha256.Hash!)));
    }

    /// <summary>Completes the snapshot: from now on it is one.</summary>
    public void End(string version, DateTimeOffset takenAt, ManifestBytes assets, ManifestBytes documents, IReadOnlyList<string> lost)
    {
        foreach (var directory in files.Select(f => Path.GetDirectoryName(Path.Combine(folder, f.Path))!).Distinct())
        {
            DurableFile.SyncDirectory(directory);
        }

        var manifest = JsonSerializer.SerializeToUtf8Bytes(
            new Manifest
            {
                Format = Manifest.CurrentFormat,
                Granary = version,
                TakenAt = takenAt,
                Tables = tables,
                Files = files,
                Assets = assets,
                Documents = documents,
                Lost = lost.Count == 0 ? null : lost,
            },
            ManifestJson.Default.Manifest);
        // As sha256sum writes it, so that it can be checked without Granary.
        var seal = $"{Convert.ToHexStringLower(SHA256.HashData(manifest))}  {BackupFolder.ManifestName}\n";
        DurableFile.WritePrivate(Path.Combine(folder, BackupFolder.SealName), System.Text.Encoding.ASCII.GetBytes(seal));
        DurableFile.WritePrivate(Path.Combine(folder, BackupFolder.ManifestName), manifest);
    }

    private static FileStreamOptions Options()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 64 * 1024 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }
}
