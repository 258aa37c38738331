using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Granary.Formats;

/// <summary>One 512-byte header of a tar archive: v7, ustar or GNU.</summary>
internal readonly record struct TarHeader(string Path, bool PathIsUtf8, char Type, long Size)
{
    public const int Length = 512;

    /// <summary>Reads a header, or answers null where the block's checksum is wrong: it is no header then.</summary>
    public static TarHeader? Read(ReadOnlySpan<byte> block)
    {
        if (!ChecksumMatches(block) || Number(block.Slice(124, 12)) is not { } size)
        {
            return null;
        }

        var name = Text(block[..100]);
        var prefix = block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(block.Slice(345, 155)) : [];
        var isUtf8 = Utf8.IsValid(name) && Utf8.IsValid(prefix);
        var path = Encoding.UTF8.GetString(name);
        return new TarHeader(
            prefix.IsEmpty ? path : $"{Encoding.UTF8.GetString(prefix)}/{path}",
            isUtf8,
            block[156] == 0 ? '0' : (char)block[156],
            size);
    }

    /// <summary>
    /// The records of a pax header that change how the next member reads; the others are passed over. Null where a record is malformed.
    /// </summary>
    public static PaxRecords? ReadPax(ReadOnlySpan<byte> records)
    {
        var pax = new PaxRecords(null, null, false);
        while (!records.IsEmpty)
        {
            var space = records.IndexOf((byte)' ');
            if (space is <= 0 or > 8 || !int.TryParse(records[..space], out var length) || length <= space + 1 || length > records.Length
                || records[length - 1] != '\n')
            {
                return null;
            }

            var record = records[(space + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals <= 0)
            {
                return null;
            }

            var key = record[..equals];
            var value = record[(equals + 1)..];
            if (key.SequenceEqual("path"u8))
            {
                pax = Utf8.IsValid(value) ? pax with { Path = Encoding.UTF8.GetString(value) } : pax with { IsOdd = true };
            }
            else if (key.SequenceEqual("size"u8))
            {
                pax = long.TryParse(value, out var size) && size >= 0 ? pax with { Size = size } : pax with { IsOdd = true };
            }
            else if (key.StartsWith("GNU.sparse."u8))
            {
                pax = pax with { IsOdd = true };
            }

            records = records[length..];
        }

        return pax;
    }

    // The sum counts the checksum's own field as blanks; old writers summed signed bytes.
    private static bool ChecksumMatches(ReadOnlySpan<byte> block)
    {
        long unsigned = 0;
        long signed = 0;
        for (var i = 0; i < Length; i++)
        {
            var value = i is >= 148 and < 156 ? (byte)' ' : block[i];
            unsigned += value;
            signed += (sbyte)value;
        }

        return Number(block.Slice(148, 8)) is { } sum && (sum == unsigned || sum == signed);
    }

    // Octal text, or GNU's base 256 for what octal cannot hold.
    private static long? Number(ReadOnlySpan<byte> field)
    {
        if (field[0] == 0x80)
        {
            var high = field[1..^8];
            var value = BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
            return high.ContainsAnyExcept((byte)0) || value < 0 ? null : value;
        }

        var digits = field.Trim(" \0"u8);
        long number = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return null;
            }

            number = (number << 3) | (uint)(digit - '0');
        }

        return number;
    }

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }
}

/// <summary>What a pax header says of the next member. Odd: what no package needs, such as a sparse file.</summary>
internal sealed record PaxRecords(string? Path, long? Size, bool IsOdd);
