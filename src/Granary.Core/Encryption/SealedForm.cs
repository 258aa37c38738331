using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Granary.Core.Assets;

namespace Granary.Core.Encryption;

/// <summary>
/// How encrypted bytes lie in the storage: a header, then the bytes in chunks of 64 KiB, each with its tag of 16 bytes; the last one
/// may be shorter, and is empty only where there are no bytes at all.
/// </summary>
/// <remarks>
/// The header is <c>GRNE</c>, a version (1), the chunk size as a power of two (16), two zeros, the plain length (8 bytes, big end
/// first) and a salt of 32 bytes. See decision 16 and <see cref="ObjectCipher"/>.
/// </remarks>
internal static class SealedForm
{
    public const int HeaderLength = 48;
    public const int ChunkSize = 1 << 16;
    public const int TagLength = 16;
    public const int SaltLength = 32;

    private const int LengthAt = 8;
    private const int SaltAt = 16;

    private static ReadOnlySpan<byte> Start => [(byte)'G', (byte)'R', (byte)'N', (byte)'E', 1, 16, 0, 0];

    /// <summary>The length of the encrypted form of so many bytes.</summary>
    public static long LengthOf(long plain) => HeaderLength + plain + (ChunksOf(plain) * TagLength);

    /// <summary>How many bytes an encrypted form of a length has in it; null where none has that length.</summary>
    public static long? PlainLengthOf(long stored)
    {
        var body = stored - HeaderLength;
        if (body < TagLength)
        {
            return null;
        }

        var plain = body - ((body + ChunkSize + TagLength - 1) / (ChunkSize + TagLength) * TagLength);
        return plain >= 0 && LengthOf(plain) == stored ? plain : null;
    }

    public static long ChunksOf(long plain) => Math.Max(1, (plain + ChunkSize - 1) / ChunkSize);

    /// <summary>Where a chunk begins in the encrypted form.</summary>
    public static long OffsetOf(long chunk) => HeaderLength + (chunk * (ChunkSize + TagLength));

    public static byte[] NewHeader(long plain, ReadOnlySpan<byte> salt)
    {
        var header = new byte[HeaderLength];
        Start.CopyTo(header);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(LengthAt), plain);
        salt.CopyTo(header.AsSpan(SaltAt));
        return header;
    }

    public static ReadOnlySpan<byte> SaltOf(ReadOnlySpan<byte> header) => header.Slice(SaltAt, SaltLength);

    /// <exception cref="DamagedBytesException">It is no header, or one of another number of bytes.</exception>
    public static void DemandHeader(ReadOnlySpan<byte> header, long plain)
    {
        if (!header.StartsWith(Start) || BinaryPrimitives.ReadInt64BigEndian(header[LengthAt..]) != plain)
        {
            throw new DamagedBytesException("The stored bytes do not begin as encrypted ones of this length do.");
        }
    }

    /// <summary>Writes the encrypted form of a finished spool into another one, a chunk at a time.</summary>
    public static async Task WriteAsync(Spool plain, Spool into, string storageKey, byte[] dataKey, CancellationToken cancellation)
    {
        var digests = plain.Finish();
        var header = NewHeader(digests.Size, ObjectCipher.SaltOf(dataKey, storageKey, digests.Sha256));
        using var cipher = new ObjectCipher(dataKey, storageKey, header);
        await into.WriteAsync(header, cancellation);
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkSize + TagLength);
        try
        {
            var last = ChunksOf(digests.Size) - 1;
            for (long number = 0; number <= last; number++)
            {
                var length = (int)Math.Min(ChunkSize, digests.Size - (number * ChunkSize));
                await FillAsync(plain, number * ChunkSize, chunk.AsMemory(0, length), cancellation);
                cipher.Seal(number, number == last, chunk.AsSpan(0, length + TagLength));
                await into.WriteAsync(chunk.AsMemory(0, length + TagLength), cancellation);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(chunk);
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static async ValueTask FillAsync(Spool plain, long offset, Memory<byte> into, CancellationToken cancellation)
    {
        while (into.Length > 0)
        {
            var read = await plain.ReadAsync(into, offset, cancellation);
            if (read == 0)
            {
                throw new EndOfStreamException("The spooled bytes end too early.");
            }

            (offset, into) = (offset + read, into[read..]);
        }
    }
}
