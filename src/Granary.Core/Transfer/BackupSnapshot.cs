using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Granary.Core.Transfer;

/// <summary>A complete snapshot of a backup.</summary>
internal sealed class BackupSnapshot : IRowSource
{
    /// <summary>The list of the documents that were there, which no row gives a digest of: key, size, SHA-256.</summary>
    public const string DocumentList = "documents.tsv";

    /// <summary>The folder of the files that are no part of the database.</summary>
    public const string PrivateFolder = "private";

    private readonly string folder;

    /// <exception cref="InvalidDataException">The manifest is damaged or of another format.</exception>
    public BackupSnapshot(string folder)
    {
        this.folder = folder;
        var content = File.ReadAllBytes(Path.Combine(folder, BackupFolder.ManifestName));
        var seal = Path.Combine(folder, BackupFolder.SealName);
        Digest = Convert.ToHexStringLower(SHA256.HashData(content));
        if (!File.Exists(seal) || !File.ReadAllText(seal).StartsWith(Digest, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{Path.Combine(folder, BackupFolder.ManifestName)} is damaged: it has not the digest that {BackupFolder.SealName} says. Restore another snapshot.");
        }

        Manifest = Parse(content);
    }

    public string Name => Path.GetFileName(folder);

    public Manifest Manifest { get; }

    /// <summary>The SHA-256 of the manifest, and so of everything that the snapshot is made of.</summary>
    public string Digest { get; }

    /// <summary>Refuses a snapshot whose files are not those that were written, and one of other tables than this version has.</summary>
    /// <exception cref="InvalidDataException">Some are missing or damaged; the message names each.</exception>
    /// <exception cref="InvalidOperationException">It is of another version of Granary.</exception>
    public async Task VerifyAsync(IReadOnlyList<CopiedTable> tables, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        var faults = new List<string>();
        foreach (var (index, file) in Manifest.Files.Index())
        {
            if (await FaultAsync(file, cancellation) is { } fault)
            {
                faults.Add(fault);
            }

            progress.Report(new TransferProgress("files of the snapshot", index + 1, Manifest.Files.Count));
        }

        if (faults.Count > 0)
        {
            throw new InvalidDataException($"The snapshot {Name} is damaged:\n{string.Join('\n', faults)}\nRestore another snapshot.");
        }

        if (!Manifest.Tables.Select(t => $"{t.Name}({string.Join(',', t.Columns)})").SequenceEqual(tables.Select(t => $"{t.Name}({string.Join(',', t.Columns.Select(c => c.Name))})")))
        {
            throw new InvalidOperationException($"The snapshot {Name} was made by Granary {Manifest.Granary}, whose tables are others. Restore it with that version, and upgrade then.");
        }
    }

    public Task<long> CountAsync(CopiedTable table, CancellationToken cancellation) => Task.FromResult(Find(table).Rows);

    public Task<long> CounterAsync(CopiedTable table, CancellationToken cancellation) => Task.FromResult(Find(table).Counter);

    public IAsyncEnumerable<object?[]> ReadAsync(CopiedTable table, CancellationToken cancellation) => TableFile.ReadAsync(folder, table, cancellation);

    /// <summary>What the table's rows were when they were written.</summary>
    public TableDigest DigestOf(CopiedTable table) => new(Find(table).Rows, Find(table).Sha256);

    public PrivateFiles ReadPrivate() => new(Manifest.Files
        .Where(f => f.Path.StartsWith($"{PrivateFolder}/", StringComparison.Ordinal))
        .ToDictionary(f => f.Path[(PrivateFolder.Length + 1)..], f => File.ReadAllBytes(Path.Combine(folder, f.Path))));

    public async IAsyncEnumerable<NamedBytes> DocumentsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        using var reader = new StreamReader(OpenFile(DocumentList), Encoding.ASCII);
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            var parts = line.Split('\t');
            yield return new NamedBytes(parts[0], 0, long.Parse(parts[1], CultureInfo.InvariantCulture), Convert.FromHexString(parts[2]));
        }
    }

    private ManifestTable Find(CopiedTable table) => Manifest.Tables.Single(t => t.Name == table.Name);

    private FileStream OpenFile(string path) => new(Path.Combine(folder, path), FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, FileOptions.SequentialScan | FileOptions.Asynchronous);

    private async Task<string?> FaultAsync(ManifestFile promised, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, promised.Path);
        if (!File.Exists(path))
        {
            return $"{path} is missing.";
        }

        await using var file = OpenFile(promised.Path);
        if (file.Length != promised.Bytes)
        {
            return $"{path} has {file.Length} bytes and should have {promised.Bytes}.";
        }

        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation)) == promised.Sha256 ? null : $"{path} was changed: its digest is another one.";
    }

    private Manifest Parse(byte[] content)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize(content, ManifestJson.Default.Manifest)!;
            return manifest.Format == Manifest.CurrentFormat
                ? manifest
                : throw new InvalidDataException($"The snapshot {Name} has the format {manifest.Format}. This Granary reads {Manifest.CurrentFormat}: restore with version {manifest.Granary}.");
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"{Path.Combine(folder, BackupFolder.ManifestName)} is no manifest: {fault.Message}");
        }
    }
}
