namespace Granary.Server.Monitoring;

/// <summary>Counts a body whose length no header says; a feature of the request.</summary>
internal sealed class CountedBody(Stream body) : Stream
{
    /// <summary>Bytes that have been read.</summary>
    public long Count { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Begins to count where the client sends a body without its length. Costs nothing elsewhere but two comparisons.</summary>
    public static void Begin(HttpRequest request)
    {
        if (request.ContentLength is null && !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            var counted = new CountedBody(request.Body);
            request.Body = counted;
            request.HttpContext.Features.Set(counted);
        }
    }

    /// <summary>Bytes of the body: as announced, or as many as were read.</summary>
    public static long Received(HttpRequest request) =>
        request.ContentLength
        ?? (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) ? 0 : request.HttpContext.Features.Get<CountedBody>()?.Count ?? 0);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken);
        Count += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Bodies are read asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}
