using System.Net;
using System.Net.Http.Headers;

namespace Granary.ClientTests.Harness;

/// <summary>A body that comes in a hundred pieces over so long a time, as over a bad line.</summary>
public sealed class SlowBody : HttpContent
{
    private const int Pieces = 100;

    private readonly byte[] body;
    private readonly TimeSpan time;

    public SlowBody(byte[] body, TimeSpan time)
    {
        (this.body, this.time) = (body, time);
        Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }

    /// <summary>Reads all there is, pausing so that it takes as long as is given at least.</summary>
    public static async Task<byte[]> ReadAsync(Stream body, long length, TimeSpan time)
    {
        var read = new MemoryStream();
        var piece = new byte[Math.Max(1, (int)(length / Pieces))];
        for (int count; (count = await body.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false)) > 0;)
        {
            read.Write(piece, 0, count);
            await Task.Delay(time / Pieces);
        }

        return read.ToArray();
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        var piece = Math.Max(1, body.Length / Pieces);
        for (var sent = 0; sent < body.Length; sent += piece)
        {
            await stream.WriteAsync(body.AsMemory(sent, Math.Min(piece, body.Length - sent)));
            await stream.FlushAsync();
            await Task.Delay(time / Pieces);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
