using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Granary.Formats;

/// <summary>
/// Reads a zip archive without unpacking it anywhere, and accepts only what every unpacker reads alike: members lie one after
/// another from the first byte to the directory, and local headers, descriptors, sizes and checksums agree with the directory. That
/// holds for what was read: read every member, in order.
/// </summary>
internal sealed class ZipReader
{
    private const int HeaderLength = 30;

    private readonly Stream archive;
    private readonly long directory;
    private readonly byte[] buffer = new byte[64 << 10];
    private long at;
    private int next;

    private ZipReader(Stream archive, IReadOnlyList<ZipEntry> entries, long directory)
    {
        (this.archive, Entries, this.directory) = (archive, entries, directory);
    }

    /// <summary>In the order of their bytes.</summary>
    public IReadOnlyList<ZipEntry> Entries { get; }

    /// <exception cref="Core.Refusal">As of <see cref="ZipDirectory.ReadAsync"/>.</exception>
    public static async Task<ZipReader> OpenAsync(Stream archive, ArchiveLimits limits, CancellationToken cancellation)
    {
        var (entries, start) = await ZipDirectory.ReadAsync(archive, limits, cancellation);
        return entries.Count > 0 ? new ZipReader(archive, entries, start) : throw ZipDirectory.Broken("it is empty");
    }

    /// <summary>Reads the next member of <see cref="Entries"/> to its end.</summary>
    /// <param name="sink">Takes the bytes in order; the memory is reused after it returns.</param>
    /// <exception cref="Core.Refusal">Validation: the member is not what the directory says.</exception>
    public async Task ReadNextAsync(Action<ReadOnlySpan<byte>> sink, CancellationToken cancellation)
    {
        var entry = Entries[next++];
        if (entry.Offset != at)
        {
            throw ZipDirectory.Broken("its members overlap, or something lies between them");
        }

        await ReadLocalAsync(entry, cancellation);
        if (at + entry.Compressed > directory)
        {
            throw ZipDirectory.Broken("a member is longer than the archive");
        }

        archive.Position = at;
        await ReadDataAsync(entry, sink, cancellation);
        at += entry.Compressed;
        var end = next < Entries.Count ? Entries[next].Offset : directory;
        if (entry.HasDescriptor)
        {
            await ReadDescriptorAsync(entry, end - at, cancellation);
        }

        if (at != end)
        {
            throw ZipDirectory.Broken("its members overlap, or something lies between them");
        }
    }

    /// <summary>Reads one member of an archive that was read whole when it came.</summary>
    /// <param name="sink">As of <see cref="ReadNextAsync"/>.</param>
    /// <exception cref="Core.Refusal">Validation: the member is not what the directory says.</exception>
    public async Task ReadAsync(ZipEntry entry, Action<ReadOnlySpan<byte>> sink, CancellationToken cancellation)
    {
        at = entry.Offset;
        await ReadLocalAsync(entry, cancellation);
        archive.Position = at;
        await ReadDataAsync(entry, sink, cancellation);
    }

    private async Task ReadLocalAsync(ZipEntry entry, CancellationToken cancellation)
    {
        if (at + HeaderLength > directory)
        {
            throw ZipDirectory.Broken("a local header is missing");
        }

        archive.Position = at;
        var header = new byte[HeaderLength];
        await archive.ReadExactlyAsync(header, cancellation);
        var (nameLength, extraLength) = (U16(header, 26), U16(header, 28));
        if (at + HeaderLength + nameLength + extraLength > directory)
        {
            throw ZipDirectory.Broken("a local header is longer than the archive");
        }

        var rest = new byte[nameLength + extraLength];
        await archive.ReadExactlyAsync(rest, cancellation);
        var wide = ZipDirectory.ReadWide(rest.AsSpan(nameLength));
        var sizes = (Size: (long)U32(header, 22), Compressed: (long)U32(header, 18));
        if (sizes is (uint.MaxValue, uint.MaxValue) && wide is [var size, var compressed, ..])
        {
            sizes = (size, compressed);
        }

        var isSame = (U32(header, 14), sizes) == (entry.Crc, (entry.Size, entry.Compressed));
        var isLeftOpen = entry.HasDescriptor && (U32(header, 14), sizes) == (0, (0L, 0L));
        if (U32(header, 0) != 0x04034B50 || U16(header, 6) != entry.Flags || U16(header, 8) != entry.Method
            || !rest.AsSpan(0, nameLength).SequenceEqual(Encoding.UTF8.GetBytes(entry.Name)) || !(isSame || isLeftOpen))
        {
            throw ZipDirectory.Broken($"the local header of {ArchivePath.Shown(entry.Name)} says something else than the directory");
        }

        at += HeaderLength + rest.Length;
    }

    private async Task ReadDataAsync(ZipEntry entry, Action<ReadOnlySpan<byte>> sink, CancellationToken cancellation)
    {
        await using var part = new ZipPart(archive, entry.Compressed);
        await using Stream data = entry.Method == ZipEntry.Stored ? part : new DeflateStream(part, CompressionMode.Decompress, leaveOpen: true);
        var (length, crc) = (0L, 0u);
        try
        {
            while (await data.ReadAsync(buffer, cancellation) is > 0 and var read)
            {
                length += read;
                if (length > entry.Size)
                {
                    break;
                }

                crc = Crc32.Append(crc, buffer.AsSpan(0, read));
                sink(buffer.AsSpan(0, read));
            }
        }
        catch (InvalidDataException)
        {
            throw ZipDirectory.Broken($"the compressed data of {ArchivePath.Shown(entry.Name)} is damaged");
        }

        if (length != entry.Size || crc != entry.Crc || part.Remaining != 0)
        {
            throw ZipDirectory.Broken($"the size or the checksum of {ArchivePath.Shown(entry.Name)} does not match its data");
        }
    }

    // APPNOTE 4.3.9: with or without a signature, sizes of four bytes or of eight.
    private async Task ReadDescriptorAsync(ZipEntry entry, long length, CancellationToken cancellation)
    {
        if (length is not (12 or 16 or 20 or 24))
        {
            throw ZipDirectory.Broken($"what follows {ArchivePath.Shown(entry.Name)} is no descriptor of it");
        }

        var whole = new byte[length];
        archive.Position = at;
        await archive.ReadExactlyAsync(whole, cancellation);
        var descriptor = whole.AsMemory(length is 16 or 24 ? 4 : 0);
        var (compressed, size) = descriptor.Length == 12
            ? (U32(descriptor.Span, 4), U32(descriptor.Span, 8))
            : (BinaryPrimitives.ReadInt64LittleEndian(descriptor.Span[4..]), BinaryPrimitives.ReadInt64LittleEndian(descriptor.Span[12..]));
        if ((length is 16 or 24 && U32(whole, 0) != 0x08074B50) || U32(descriptor.Span, 0) != entry.Crc || compressed != entry.Compressed || size != entry.Size)
        {
            throw ZipDirectory.Broken($"the descriptor of {ArchivePath.Shown(entry.Name)} says something else than the directory");
        }

        at += length;
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int from) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[from..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int from) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[from..]);
}
