using Granary.Core.Assets;

namespace Granary.Server.Monitoring;

/// <summary>Counts a body whose length no header says; a feature of the request.</summary>
internal sealed class CountedBody(Stream body) : ForwardStream
{
    /// <summary>Bytes that have been read.</summary>
    public long Count { get; private set; }

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
}
