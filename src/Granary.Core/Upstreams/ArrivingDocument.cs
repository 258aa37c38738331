using System.IO.Compression;
using Granary.Core.Assets;

namespace Granary.Core.Upstreams;

/// <summary>
/// A source's document while it is checked: counts what passes, so that more than <paramref name="most"/> bytes are refused (a
/// bomb), and writes it compressed into <paramref name="copy"/> where there is one, in the same pass.
/// </summary>
internal sealed class ArrivingDocument(Stream inner, Spool? copy, long most) : Stream
{
    private readonly MemoryStream pending = new();
    private GZipStream? gzip;
    private long passed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => passed; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        passed += read;
        if (passed > most)
        {
            throw Refusal.SourceFailed($"The listing is larger than {most:N0} bytes when decompressed.");
        }

        if (copy is not null)
        {
            await CopyAsync(buffer[..read], cancellationToken);
        }

        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Listings are read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        gzip?.Dispose();
        pending.Dispose();
        base.Dispose(disposing);
    }

    private async Task CopyAsync(ReadOnlyMemory<byte> read, CancellationToken cancellation)
    {
        gzip ??= new GZipStream(pending, CompressionLevel.Fastest, leaveOpen: true);
        if (read.IsEmpty)
        {
            await gzip.DisposeAsync();
        }
        else
        {
            gzip.Write(read.Span);
        }

        if (pending.Length > 0)
        {
            await copy!.WriteAsync(pending.GetBuffer().AsMemory(0, (int)pending.Length), cancellation);
            pending.SetLength(0);
        }
    }
}
