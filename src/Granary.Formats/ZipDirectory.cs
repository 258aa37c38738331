using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Granary.Core;

namespace Granary.Formats;

/// <summary>
/// The end record and the central directory of a zip archive (APPNOTE 4.3), read by hand: the runtime's reader takes duplicate names,
/// trailing data and several end records without a word, and installers differ in what they make of them.
/// </summary>
internal static class ZipDirectory
{
    private const int EndLength = 22;
    private const int LocatorLength = 20;
    private const int End64Length = 56;
    private const int HeaderLength = 46;
    private const uint Wide = uint.MaxValue;
    private const long MaxBytes = 32L << 20;

    // Deflate cannot pass 1032:1 and real packages stay below 50:1, so that this ratio over this much output is a bomb.
    private const long BombFloor = 64L << 20;
    private const long BombRatio = 100;

    /// <summary>The members in the order of their bytes, and where the directory begins.</summary>
    /// <param name="archive">Must seek.</param>
    /// <exception cref="Refusal">Validation: not one sound zip archive. Also past the limits.</exception>
    public static async Task<(IReadOnlyList<ZipEntry> Entries, long Start)> ReadAsync(Stream archive, ArchiveLimits limits, CancellationToken cancellation)
    {
        var tail = new byte[Math.Min(archive.Length, EndLength + LocatorLength + End64Length)];
        archive.Position = archive.Length - tail.Length;
        await archive.ReadExactlyAsync(tail, cancellation);
        var (count, size, start) = ReadEnd(tail, archive.Length);
        if (count > limits.Entries || size > MaxBytes)
        {
            throw Refusal.Validation($"The archive has more than {limits.Entries:N0} members, or their names are too long: publish a smaller package.");
        }

        var directory = new byte[size];
        archive.Position = start;
        await archive.ReadExactlyAsync(directory, cancellation);
        var entries = ReadEntries(directory);
        if (entries.Count != count)
        {
            throw Broken("its directory has another number of members than its end record says");
        }

        var (unpacked, packed) = (entries.Sum(e => e.Size), entries.Sum(e => e.Compressed));
        if (unpacked > limits.UnpackedBytes || (unpacked > BombFloor && unpacked / BombRatio > packed))
        {
            throw Refusal.Validation("The archive unpacks to more than this server accepts: publish a smaller package.");
        }

        return ([.. entries.OrderBy(e => e.Offset)], start);
    }

    public static Refusal Broken(string what) =>
        Refusal.Validation($"The file is not a sound zip archive: {what}. Build the package again and publish that.");

    /// <summary>The values of a ZIP64 extra field (4.5.3) in their order; empty where there is none.</summary>
    /// <exception cref="Refusal">The extra fields are malformed, or give the member another name.</exception>
    public static List<long> ReadWide(ReadOnlySpan<byte> extra)
    {
        const ushort Zip64 = 1, UnicodePath = 0x7075;
        List<long>? values = null;
        while (!extra.IsEmpty)
        {
            var length = extra.Length < 4 ? int.MaxValue : U16(extra, 2);
            if (length > extra.Length - 4)
            {
                throw Broken("an extra field is malformed");
            }

            var id = U16(extra, 0);
            var body = extra.Slice(4, length);
            extra = extra[(4 + length)..];
            if (id == UnicodePath)
            {
                throw Broken("a member has two names");
            }

            if (id != Zip64)
            {
                continue;
            }

            if (values is not null)
            {
                throw Broken("a member has two ZIP64 fields");
            }

            values = [];
            for (; body.Length >= 8; body = body[8..])
            {
                values.Add(BinaryPrimitives.ReadInt64LittleEndian(body));
            }
        }

        return values ?? [];
    }

    private static (long Count, long Size, long Start) ReadEnd(ReadOnlySpan<byte> tail, long length)
    {
        if (tail.Length < EndLength || U32(tail[^EndLength..], 0) != 0x06054B50 || U16(tail, tail.Length - 2) != 0)
        {
            throw Broken("it does not end with its end record; nothing may follow that, nor a comment");
        }

        var end = tail[^EndLength..];
        var (count, size, start, at) = ((long)U16(end, 10), (long)U32(end, 12), (long)U32(end, 16), length - EndLength);
        var disks = U16(end, 4) | U16(end, 6) | (U16(end, 8) ^ U16(end, 10));
        if (count == ushort.MaxValue || size == Wide || start == Wide)
        {
            at -= LocatorLength + End64Length;
            if (at < 0)
            {
                throw Broken("its ZIP64 end record is missing");
            }

            var end64 = tail[..End64Length];
            var locator = tail.Slice(End64Length, LocatorLength);
            if (U32(end64, 0) != 0x06064B50 || I64(end64, 4) != End64Length - 12 || U32(locator, 0) != 0x07064B50 || I64(locator, 8) != at || U32(locator, 16) != 1)
            {
                throw Broken("its ZIP64 end record is not where it should be");
            }

            (count, size, start) = (I64(end64, 32), I64(end64, 40), I64(end64, 48));
            disks = (int)(U32(end64, 16) | U32(end64, 20) | U32(locator, 4)) | (I64(end64, 24) == count ? 0 : 1);
        }

        return disks == 0 && count >= 0 && size >= 0 && start >= 0 && start <= at && size == at - start
            ? (count, size, start)
            : throw Broken("its directory is not where its end record says, or it has several parts");
    }

    private static List<ZipEntry> ReadEntries(ReadOnlySpan<byte> directory)
    {
        var entries = new List<ZipEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (!directory.IsEmpty)
        {
            var length = directory.Length < HeaderLength ? int.MaxValue : HeaderLength + U16(directory, 28) + U16(directory, 30) + U16(directory, 32);
            if (length > directory.Length || U32(directory, 0) != 0x02014B50)
            {
                throw Broken("its directory is damaged");
            }

            var entry = ReadEntry(directory[..length]);
            if (!names.Add(entry.Name.TrimEnd('/')))
            {
                throw Refusal.Validation($"The archive holds {ArchivePath.Shown(entry.Name)} twice: build the package again, with each file once.");
            }

            entries.Add(entry);
            directory = directory[length..];
        }

        return entries;
    }

    private static ZipEntry ReadEntry(ReadOnlySpan<byte> header)
    {
        const int Allowed = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 11, Utf8Name = 1 << 11;
        var (flags, method, nameLength, extraLength) = (U16(header, 8), U16(header, 10), U16(header, 28), U16(header, 30));
        var (packed, size, offset) = ((long)U32(header, 20), (long)U32(header, 24), (long)U32(header, 42));
        var name = header.Slice(HeaderLength, nameLength);
        if ((flags & ~Allowed) != 0 || method is not (ZipEntry.Stored or ZipEntry.Deflated) || U16(header, 34) != 0)
        {
            throw Broken("a member is encrypted, or packed in a way that not every installer knows");
        }

        if (!Utf8.IsValid(name) || ((flags & Utf8Name) == 0 && name.ContainsAnyExceptInRange((byte)0, (byte)0x7F)))
        {
            throw Broken("the name of a file is not UTF-8");
        }

        var wide = ReadWide(header.Slice(HeaderLength + nameLength, extraLength));
        var taken = 0;
        size = size == Wide ? Next() : size;
        packed = packed == Wide ? Next() : packed;
        offset = offset == Wide ? Next() : offset;
        var entry = new ZipEntry(Encoding.UTF8.GetString(name), flags, method, U32(header, 16), packed, size, offset);
        Check(entry, isUnix: header[5] == 3, mode: U32(header, 38) >> 16);
        return entry;

        long Next() => taken < wide.Count && wide[taken] >= 0 ? wide[taken++] : throw Broken("a member lacks its ZIP64 sizes");
    }

    private static void Check(ZipEntry entry, bool isUnix, uint mode)
    {
        const uint Kind = 0xF000, File = 0x8000, Folder = 0x4000;
        ArchivePath.Check(entry.Name);
        if (isUnix && (mode & Kind) is not (0 or File or Folder))
        {
            throw Refusal.Validation($"The archive holds a link, a device or something else that is no file at {ArchivePath.Shown(entry.Name)}: packages hold files only.");
        }

        if (entry is { Method: ZipEntry.Stored, HasDescriptor: true } || (entry.Method == ZipEntry.Stored && entry.Compressed != entry.Size) || (entry.IsDirectory && entry.Size != 0))
        {
            throw Broken("the size of a member cannot be right");
        }
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long I64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
