using System.Buffers;
using System.Security.Cryptography;

namespace Granary.Core.Encryption;

/// <summary>
/// The plain bytes of an encrypted object from some offset on, a chunk at a time: nothing is given of a chunk that does not open. A stream of
/// all bytes can seek, as those of the storage can.
/// </summary>
internal sealed class SealedStream : Stream
{
    private readonly Stream stored;
    private readonly ObjectCipher cipher;
    private readonly long whole;
    private readonly long end;
    private byte[] chunk;
    private long held = -1;
    private int heldLength;

    // The chunk that the stored stream stands before.
    private long next;
    private long position;

    private SealedStream(Stream stored, ObjectCipher cipher, long whole, long first, long offset, long end)
    {
        (this.stored, this.cipher, this.whole, next, position, this.end) = (stored, cipher, whole, first, offset, end);
        chunk = ArrayPool<byte>.Shared.Rent(SealedForm.ChunkSize + SealedForm.TagLength);
    }

    public override bool CanRead => true;

    public override bool CanSeek => end == whole && stored.CanSeek && IsWhole;

    public override bool CanWrite => false;

    public override long Length => end;

    public override long Position
    {
        get => position;
        set => position = CanSeek ? value : throw new NotSupportedException("A part of an object is read from its start to its end.");
    }

    private bool IsWhole { get; init; }

    /// <param name="open">Opens the encrypted form from an offset on, for so many bytes.</param>
    /// <param name="whole">The plain length.</param>
    /// <exception cref="DamagedBytesException">The header is damaged.</exception>
    /// <exception cref="EndOfStreamException">There are fewer bytes than there should be.</exception>
    public static async Task<Stream> OpenAsync(
        Func<long, long, CancellationToken, Task<Stream>> open, string storageKey, byte[] dataKey, long whole, long offset, long count, CancellationToken cancellation)
    {
        if (count == 0 && whole > 0)
        {
            return Null;
        }

        var first = offset / SealedForm.ChunkSize;
        var end = Math.Min(whole, offset + count);
        var last = whole == 0 ? 0 : Math.Max(first, (end - 1) / SealedForm.ChunkSize);
        var until = Math.Min(SealedForm.LengthOf(whole), SealedForm.OffsetOf(last + 1));

        // The header has the salt. Where the part is not at the start, it takes a look of its own.
        var header = new byte[SealedForm.HeaderLength];
        var stored = await open(0, first == 0 ? until : SealedForm.HeaderLength, cancellation);
        try
        {
            await stored.ReadExactlyAsync(header, cancellation);
            SealedForm.DemandHeader(header, whole);
            if (first > 0)
            {
                await stored.DisposeAsync();
                var start = SealedForm.OffsetOf(first);
                stored = await open(start, until - start, cancellation);
            }

            var stream = new SealedStream(stored, new ObjectCipher(dataKey, storageKey, header), whole, first, offset, end) { IsWhole = offset == 0 };
            if (whole == 0)
            {
                // There is nothing to be read that would find it out.
                await stream.LoadAsync(0, cancellation);
            }

            return stream;
        }
        catch
        {
            await stored.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (position >= end || buffer.Length == 0)
        {
            return 0;
        }

        var number = position / SealedForm.ChunkSize;
        if (number != held)
        {
            await LoadAsync(number, cancellationToken);
        }

        var start = (int)(position % SealedForm.ChunkSize);
        var count = (int)Math.Min(Math.Min(buffer.Length, heldLength - start), end - position);
        chunk.AsSpan(start, count).CopyTo(buffer.Span);
        position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Encrypted objects are read asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => position + offset,
        _ => end + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && chunk.Length > 0)
        {
            stored.Dispose();
            cipher.Dispose();
            CryptographicOperations.ZeroMemory(chunk);
            ArrayPool<byte>.Shared.Return(chunk);
            (chunk, held) = ([], -1);
        }

        base.Dispose(disposing);
    }

    private async ValueTask LoadAsync(long number, CancellationToken cancellation)
    {
        if (number != next)
        {
            stored.Position = SealedForm.OffsetOf(number);
        }

        var length = (int)Math.Min(SealedForm.ChunkSize, whole - (number * SealedForm.ChunkSize));
        // Nothing is held while the buffer is between two chunks.
        (held, next) = (-1, -1);
        await stored.ReadExactlyAsync(chunk.AsMemory(0, length + SealedForm.TagLength), cancellation);
        cipher.Open(number, number == SealedForm.ChunksOf(whole) - 1, chunk.AsSpan(0, length + SealedForm.TagLength));
        (held, heldLength, next) = (number, length, number + 1);
    }
}
