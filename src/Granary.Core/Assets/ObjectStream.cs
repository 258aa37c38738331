namespace Granary.Core.Assets;

/// <summary>
/// Reads an object as it comes from the store, and goes on where a connection broke off. Who moves in it gets it in windows from there
/// on, each twice as large as the one before until the next move: archives are read at their end first, and then in places.
/// </summary>
internal sealed class ObjectStream : Stream
{
    // Bytes. What is no larger is in memory before the first of it is read.
    internal const int Window = 1 << 20;

    private const int LargestWindow = 64 << 20;

    // Connections that broke off, of one stream.
    private const int MostBreaks = 3;

    private readonly IObjectStore store;
    private readonly string key;
    private readonly long whole;
    private readonly long end;
    private ObjectBody? body;
    private long position;
    private long until;

    // Of the next request; 0 for all bytes.
    private int window;
    private int breaks;

    private ObjectStream(IObjectStore store, string key, long whole, long offset, long count)
    {
        (this.store, this.key, this.whole, position, end) = (store, key, whole, offset, offset + count);
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => end;

    public override long Position
    {
        get => position;
        set
        {
            if (value != position)
            {
                Drop();
                (position, window) = (value, Window);
            }
        }
    }

    /// <summary>A stream that begins at the offset, of an object that has <paramref name="whole"/> bytes.</summary>
    /// <exception cref="FileNotFoundException">The key is not there.</exception>
    /// <exception cref="EndOfStreamException">It has fewer bytes, or others than the ones that were asked for came.</exception>
    /// <exception cref="Refusal">The store cannot be asked.</exception>
    public static async Task<Stream> OpenAsync(IObjectStore store, string key, long whole, long offset, long count, CancellationToken cancellation)
    {
        if (count == 0 && whole > 0)
        {
            // No range says "nothing".
            return Null;
        }

        var stream = new ObjectStream(store, key, whole, offset, count);
        try
        {
            await stream.RequestAsync(cancellation);
            if (count > Window)
            {
                return stream;
            }

            var bytes = new byte[count];
            await stream.ReadExactlyAsync(bytes, cancellation);
            await stream.DisposeAsync();
            return new MemoryStream(bytes, writable: false);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (position < end && buffer.Length > 0)
        {
            if (body is null)
            {
                await RequestAsync(cancellationToken);
            }

            if (await TryReadAsync(buffer[..(int)Math.Min(buffer.Length, until - position)], cancellationToken) is > 0 and var read)
            {
                position += read;
                if (position == until)
                {
                    Finish();
                }

                return read;
            }
        }

        return 0;
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => position + offset,
        _ => Length + offset,
    };

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Objects are read asynchronously.");

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Drop();
        base.Dispose(disposing);
    }

    /// <summary>What came, or nothing where the connection broke off and another may be tried.</summary>
    private async Task<int> TryReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(store.Patience.Silence);
        try
        {
            return await body!.Bytes.ReadAsync(buffer, silence.Token) is > 0 and var read
                ? read
                : throw new EndOfStreamException("The object store sent fewer bytes than it announced.");
        }
        catch (Exception failure) when (store.IsOfStore(failure) && !cancellation.IsCancellationRequested)
        {
            Drop();
            return ++breaks <= MostBreaks ? 0 : throw store.Refuse(failure);
        }
    }

    private async Task RequestAsync(CancellationToken cancellation)
    {
        until = window > 0 ? Math.Min(end, position + window) : end;
        window = Math.Min(window * 2, LargestWindow);
        var isPart = position > 0 || until < whole;
        var answer = await store.OpenAsync(key, position, isPart ? until - position : null, cancellation);
        if (answer.Length != until - position || (isPart && answer.Range?.StartsWith($"bytes {position}-", StringComparison.Ordinal) is not true))
        {
            answer.Dispose();
            throw new EndOfStreamException("The object store has another number of bytes than were stored, or sent another part of them.");
        }

        body = answer;
    }

    /// <summary>Ends what was read to its end: the SDK of S3 has then compared it with the MD5 that some stores have as its ETag.</summary>
    private void Finish()
    {
        try
        {
            body!.Dispose();
        }
        catch (Exception failure) when (store.IsOfStore(failure))
        {
            throw AssetStore.Damaged();
        }
        finally
        {
            body = null;
        }
    }

    private void Drop()
    {
        try
        {
            body?.Dispose();
        }
        catch (Exception failure) when (store.IsOfStore(failure))
        {
            // The comparison, of a part of the bytes.
        }

        body = null;
    }
}
