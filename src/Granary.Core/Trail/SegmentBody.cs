using System.Buffers.Binary;
using System.Buffers.Text;
using System.IO.Compression;
using System.Text;

namespace Granary.Core.Trail;

/// <summary>
/// The bytes of a segment: lines of text behind one byte, which says whether they are compressed (Brotli, with the length before it). A
/// line is either <c>H, accounts, members</c>, the beginning of several records, or <c>number of such a line, milliseconds, request id,
/// members</c>, a record; tabs between. No member has a tab or an end of line in it, since JSON escapes them.
/// </summary>
internal static class SegmentBody
{
    public static ReadOnlySpan<byte> SharedMark => "H\t"u8;

    private const byte Raw = 0;
    private const byte Brotli = 1;
    private const int HeadLength = 1 + sizeof(int);

    // What a builder can make of its largest text and one more record.
    private const int Largest = 16 << 20;

    public static byte[] Pack(ReadOnlySpan<byte> text, bool compress)
    {
        if (compress)
        {
            var packed = new byte[HeadLength + BrotliEncoder.GetMaxCompressedLength(text.Length)];
            // Quality 0 takes a twentieth of the time of 1 and a quarter more room.
            if (BrotliEncoder.TryCompress(text, packed.AsSpan(HeadLength), out var length, quality: 0, window: 22))
            {
                packed[0] = Brotli;
                BinaryPrimitives.WriteInt32BigEndian(packed.AsSpan(1), text.Length);
                return packed[..(HeadLength + length)];
            }
        }

        return [Raw, .. text];
    }

    /// <exception cref="InvalidDataException">The bytes are not what a server writes.</exception>
    public static ReadOnlyMemory<byte> Unpack(byte[] body)
    {
        if (body is [Raw, ..])
        {
            return body.AsMemory(1);
        }

        var length = body.Length < HeadLength || body[0] != Brotli ? -1 : BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1));
        if (length is < 0 or > Largest)
        {
            throw Unreadable();
        }

        var text = new byte[length];
        return BrotliDecoder.TryDecompress(body.AsSpan(HeadLength), text, out var written) && written == length ? text : throw Unreadable();
    }

    /// <summary>The records in their order.</summary>
    /// <exception cref="InvalidDataException">The text is not what a server writes.</exception>
    public static List<StoredRecord> Read(ReadOnlyMemory<byte> text)
    {
        var shared = new List<(string Accounts, ReadOnlyMemory<byte> Members)>();
        var records = new List<StoredRecord>();
        while (!text.IsEmpty)
        {
            var end = text.Span.IndexOf((byte)'\n');
            var line = end < 0 ? throw Unreadable() : text[..end];
            text = text[(end + 1)..];
            if (line.Span.StartsWith(SharedMark))
            {
                line = line[SharedMark.Length..];
                shared.Add((Encoding.UTF8.GetString(Field(ref line)), line));
                continue;
            }

            var number = Number(ref line);
            var at = Number(ref line);
            if (number < 0 || number >= shared.Count)
            {
                throw Unreadable();
            }

            var (accounts, members) = shared[(int)number];
            records.Add(new StoredRecord(records.Count, at, accounts, members, Encoding.UTF8.GetString(Field(ref line)), line));
        }

        return records;
    }

    private static ReadOnlySpan<byte> Field(ref ReadOnlyMemory<byte> line)
    {
        var tab = line.Span.IndexOf((byte)'\t');
        var field = tab < 0 ? throw Unreadable() : line.Span[..tab];
        line = line[(tab + 1)..];
        return field;
    }

    private static long Number(ref ReadOnlyMemory<byte> line)
    {
        var field = Field(ref line);
        return Utf8Parser.TryParse(field, out long value, out var length) && length == field.Length ? value : throw Unreadable();
    }

    private static InvalidDataException Unreadable() => new("The segment of the audit trail cannot be read.");
}

/// <summary>A record as a segment holds it.</summary>
/// <param name="Index">Its place in the segment, from 0.</param>
/// <param name="At">Milliseconds since 1970.</param>
/// <param name="Accounts">Who gets a copy, separated by commas.</param>
/// <param name="Shared">The members before <paramref name="Own"/>.</param>
/// <param name="RequestId">The id that the client was told, or nothing.</param>
internal readonly record struct StoredRecord(
    int Index, long At, string Accounts, ReadOnlyMemory<byte> Shared, string RequestId, ReadOnlyMemory<byte> Own)
{
    public bool IsFor(string account) => Accounts.Contains(account, StringComparison.Ordinal);

    /// <summary>Whether the bytes are in it, which is quickly seen and does not yet say where.</summary>
    public bool Mentions(ReadOnlySpan<byte> text) => Own.Span.IndexOf(text) >= 0 || Shared.Span.IndexOf(text) >= 0;

    /// <summary>The whole record as one line of JSON.</summary>
    /// <param name="mac">The segment's, which the record's id is made of.</param>
    /// <param name="recipient">Whose copy it is; null for a record that belongs to no account.</param>
    public string Render(byte[] mac, string? recipient)
    {
        var requestId = RequestId.Length > 0 ? RequestId : EventIds.Of(mac.AsSpan(16), Index).ToString();
        return string.Concat(
            $"{{\"eventVersion\":\"1.11\",\"eventTime\":\"{TrailText.Time(DateTimeOffset.FromUnixTimeMilliseconds(At))}\",",
            Encoding.UTF8.GetString(Shared.Span) + Encoding.UTF8.GetString(Own.Span),
            $",\"requestID\":\"{requestId}\",\"eventID\":\"{EventIds.Of(mac, Index)}\"",
            recipient is null ? "}" : $",\"recipientAccountId\":\"{recipient}\"}}");
    }
}
