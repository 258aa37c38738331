namespace Granary.Core.Assets.AzureBlobs;

/// <summary>A part of the bytes of a spool: the SDK sends a stream to its end, and again from its start.</summary>
internal sealed class SpoolPart(Stream whole, long offset, long length) : Stream
{
    private long position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => position;
        set => position = value;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Advance(await whole.ReadAsync(buffer[..Next(buffer.Length)], cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => Advance(whole.Read(buffer, offset, Next(count)));

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            whole.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>How many bytes may be read next, of so many that there is room for.</summary>
    private int Next(int room)
    {
        if (whole.Position != offset + position)
        {
            whole.Position = offset + position;
        }

        return (int)Math.Clamp(length - position, 0, room);
    }

    private int Advance(int read)
    {
        position += read;
        return read;
    }
}
