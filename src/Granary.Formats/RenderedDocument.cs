using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Granary.Formats;

/// <summary>A document as finished bytes in one encoding. Entity tags are strong, one for each encoding of the same content.</summary>
/// <param name="OtherETag">That of the other encoding, where there is one: who has either has the content.</param>
public sealed record RenderedDocument(ReadOnlyMemory<byte> Bytes, string ETag, string? OtherETag = null, bool IsGzip = false)
{
    // zlib's scale of 1 to 9. A listing of 5.2 MB (bench/) became 930 KB at 1, 572 KB at 4 and 548 KB at 6.
    private static readonly ZLibCompressionOptions Compression = new() { CompressionLevel = 4 };

    private const int LargeObject = 1 << 20;

    /// <summary>Bytes of memory that keeping it takes.</summary>
    public long Size => Bytes.Length + 512;

    /// <param name="plain">Written by nobody any more.</param>
    public static RenderedDocument Of(ReadOnlyMemory<byte> plain, bool gzip = false)
    {
        var tag = Convert.ToHexStringLower(SHA256.HashData(plain.Span).AsSpan(0, 16));
        var (plainTag, gzipTag) = ($"\"{tag}\"", $"\"{tag}-gzip\"");
        if (!gzip)
        {
            return new RenderedDocument(plain, plainTag, gzipTag);
        }

        using var compressed = new MemoryStream(plain.Length / 6);
        using (var stream = new GZipStream(compressed, Compression, leaveOpen: true))
        {
            stream.Write(plain.Span);
        }

        return new RenderedDocument(compressed.ToArray(), gzipTag, plainTag, IsGzip: true);
    }

    /// <summary>What was written. A small document is worth a copy of its own size; the room for a large one is taken to be computed closely.</summary>
    public static RenderedDocument Of(ArrayBufferWriter<byte> output, bool gzip) =>
        Of(gzip || output.WrittenCount >= LargeObject ? output.WrittenMemory : output.WrittenSpan.ToArray(), gzip);

    /// <summary>Answers with the document, or with 304 to who has it. Headers that are the format's own are set before.</summary>
    /// <param name="isStale">The public source could not be asked just now.</param>
    /// <param name="vary">The header Vary: what else than the address decides which document it is.</param>
    public Task SendAsync(HttpContext context, string contentType, bool isStale = false, string vary = "Accept-Encoding, Authorization")
    {
        var response = context.Response;
        response.Headers.ETag = ETag;
        response.Headers.CacheControl = "private, no-cache";
        response.Headers.Vary = vary;
        if (isStale)
        {
            response.Headers.Warning = "110 granary \"The public source cannot be asked at the moment\"";
        }

        var condition = context.Request.Headers.IfNoneMatch;
        if (condition.Count > 0 && (EntityTags.Match(condition, ETag) || (OtherETag is not null && EntityTags.Match(condition, OtherETag))))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = contentType;
        response.ContentLength = Bytes.Length;
        if (IsGzip)
        {
            response.Headers.ContentEncoding = "gzip";
        }

        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.BodyWriter.WriteAsync(Bytes, context.RequestAborted).AsTask();
    }
}
