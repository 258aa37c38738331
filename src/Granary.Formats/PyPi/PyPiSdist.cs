using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Granary.Core;

namespace Granary.Formats.PyPi;

/// <summary>Looks into a source distribution (PEP 625, 643) without unpacking it anywhere, and accepts only what every unpacker reads alike.</summary>
internal sealed class PyPiSdist(PyPiLimits limits)
{
    // Sixteen bytes of a hash for each path in place of the path: a hundred thousand long names would be an attack on memory.
    private readonly HashSet<UInt128> paths = [];
    private byte[]? metadata;
    private string? folder;

    /// <summary>The bytes of the PKG-INFO in the top folder.</summary>
    /// <exception cref="Refusal">
    /// Validation: not one whole gzip file or not a sound tar archive; links or devices; paths that are absolute, lead upwards or occur
    /// twice; more than one top folder, or one of another project or version; no PKG-INFO. Past the limits, or a bomb.
    /// </exception>
    public async Task<byte[]> ReadAsync(PyPiFileName file, Stream compressed, CancellationToken cancellation)
    {
        await using var archive = new GzipMember(compressed, limits, strict: true);
        var reader = new TarReader(archive, limits, strict: true);
        while (await reader.NextAsync(cancellation) is { } member)
        {
            var path = member.Path.TrimEnd('/');
            DemandFolder(file, path);
            if (!paths.Add(Mark(path)) && member.Kind == TarKind.File)
            {
                throw Refusal.Validation($"The sdist holds {ArchivePath.Shown(path)} twice: build it again, with each file once.");
            }

            if (path.Equals($"{folder}/PKG-INFO", StringComparison.OrdinalIgnoreCase))
            {
                metadata = await ReadMetadataAsync(reader, member, cancellation);
            }
        }

        return metadata ?? throw Refusal.Validation("The sdist has no PKG-INFO in its top folder: build it with a PEP 517 front end, such as python -m build.");
    }

    private void DemandFolder(PyPiFileName file, string path)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var top = slash < 0 ? path : path[..slash];
        folder ??= top;
        var hyphen = top.LastIndexOf('-');
        if (top != folder || hyphen <= 0 || !file.Agrees(top[..hyphen], top[(hyphen + 1)..]))
        {
            throw Refusal.Validation($"The sdist's {ArchivePath.Shown(path)} is not in one top folder that is called as {file.File} is, without its extension: build it again.");
        }
    }

    private async Task<byte[]> ReadMetadataAsync(TarReader reader, TarMember member, CancellationToken cancellation)
    {
        if (metadata is not null || member.Kind != TarKind.File || !member.Path.EndsWith("/PKG-INFO", StringComparison.Ordinal))
        {
            throw Refusal.Validation("The sdist's PKG-INFO is no file, or is there in two spellings: build it again.");
        }

        return member.Size <= limits.MetadataBytes
            ? await reader.BodyAsync(limits.MetadataBytes, cancellation)
            : throw Refusal.Validation($"The sdist's PKG-INFO has {member.Size:N0} bytes, which is more than this server reads: make it smaller.");
    }

    private static UInt128 Mark(string path)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(path.AsSpan()), hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }
}
