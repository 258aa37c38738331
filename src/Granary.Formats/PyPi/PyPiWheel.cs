using System.Security.Cryptography;
using Granary.Core;

namespace Granary.Formats.PyPi;

/// <summary>Looks into a wheel (PEP 427) without unpacking it anywhere, and accepts only what every installer reads alike.</summary>
internal sealed class PyPiWheel(PyPiLimits limits)
{
    private const string InfoExtension = ".dist-info/";

    private readonly Dictionary<string, byte[]> files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> kept = new(StringComparer.Ordinal);

    /// <summary>The bytes of the wheel's METADATA.</summary>
    /// <exception cref="Refusal">
    /// Validation: not a sound zip archive; links or encrypted files; paths that lead out or occur twice; not exactly one .dist-info
    /// folder of that project and version, with METADATA, WHEEL and a RECORD that holds. Past the limits, or a bomb.
    /// </exception>
    public async Task<byte[]> ReadAsync(PyPiFileName file, Stream archive, CancellationToken cancellation)
    {
        var reader = await ZipReader.OpenAsync(archive, limits, cancellation);
        var folder = FolderOf(file, reader.Entries);
        foreach (var entry in reader.Entries)
        {
            await ReadAsync(reader, entry, folder, cancellation);
        }

        var metadata = Kept($"{folder}METADATA");
        Kept($"{folder}WHEEL");
        PyPiRecord.Check(Kept($"{folder}RECORD"), files, folder);
        return metadata;
    }

    /// <summary>The bytes of the METADATA of a wheel that was looked into when it came, without reading the rest of it.</summary>
    public static async Task<byte[]> ReadMetadataAsync(PyPiFileName file, Stream archive, PyPiLimits limits, CancellationToken cancellation)
    {
        var reader = await ZipReader.OpenAsync(archive, limits, cancellation);
        var path = $"{FolderOf(file, reader.Entries)}METADATA";
        using var content = new MemoryStream();
        await reader.ReadAsync(reader.Entries.First(entry => entry.Name == path), bytes => content.Write(bytes), cancellation);
        return content.ToArray();
    }

    private byte[] Kept(string path) =>
        kept.GetValueOrDefault(path) ?? throw Refusal.Validation($"The wheel has no {path}: build the wheel again.");

    private async Task ReadAsync(ZipReader reader, ZipEntry entry, string folder, CancellationToken cancellation)
    {
        var isKept = entry.Name.StartsWith(folder, StringComparison.Ordinal) && entry.Name[folder.Length..] is "METADATA" or "WHEEL" or "RECORD";
        if (isKept && entry.Size > (entry.Name.EndsWith("RECORD", StringComparison.Ordinal) ? limits.RecordBytes : limits.MetadataBytes))
        {
            throw Refusal.Validation($"The wheel's {entry.Name} has {entry.Size:N0} bytes, which is more than this server reads: make it smaller.");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var content = new MemoryStream();
        await reader.ReadNextAsync(
            bytes =>
            {
                hash.AppendData(bytes);
                if (isKept)
                {
                    content.Write(bytes);
                }
            },
            cancellation);
        if (isKept)
        {
            kept.Add(entry.Name, content.ToArray());
        }

        if (!entry.IsDirectory)
        {
            files.Add(entry.Name, hash.GetHashAndReset());
        }
    }

    /// <summary>The one .dist-info folder, with its slash.</summary>
    private static string FolderOf(PyPiFileName file, IReadOnlyList<ZipEntry> entries)
    {
        string? folder = null;
        foreach (var entry in entries)
        {
            var slash = entry.Name.IndexOf('/', StringComparison.Ordinal);
            var top = entry.Name[..(slash + 1)];
            if (!top.EndsWith(InfoExtension, StringComparison.OrdinalIgnoreCase) || top == folder)
            {
                continue;
            }

            if (folder is not null)
            {
                throw Refusal.Validation($"The wheel has two .dist-info folders, {ArchivePath.Shown(folder)} and {ArchivePath.Shown(top)}: build the wheel again.");
            }

            folder = top;
        }

        if (folder is null || !folder.EndsWith(InfoExtension, StringComparison.Ordinal))
        {
            throw Refusal.Validation("The wheel has no .dist-info folder: build the wheel again.");
        }

        DemandAlike(entries, folder);
        return folder[..^InfoExtension.Length].Split('-') is [var project, var version] && file.Agrees(project, version.Replace('_', '-'))
            ? folder
            : throw Refusal.Validation($"The wheel's folder {ArchivePath.Shown(folder)} is of another project or version than its file name, {file.File}: do not rename wheels.");
    }

    // Some file systems take METADATA and metadata for one file, and then the last one wins.
    private static void DemandAlike(IReadOnlyList<ZipEntry> entries, string folder)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (entries.FirstOrDefault(e => e.Name.StartsWith(folder, StringComparison.OrdinalIgnoreCase) && !names.Add(e.Name)) is { } twice)
        {
            throw Refusal.Validation($"The wheel holds {ArchivePath.Shown(twice.Name)} in two spellings: build the wheel again.");
        }
    }
}
