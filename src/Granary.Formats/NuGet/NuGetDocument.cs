using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace Granary.Formats.NuGet;

/// <summary>A JSON document as finished bytes in one encoding. The entity tags are strong, one for each encoding of the same content.</summary>
internal sealed record NuGetDocument(ReadOnlyMemory<byte> Bytes, bool IsGzip, string ETag, string OtherETag)
{
    // zlib's scale of 1 to 9, as for npm's listings.
    private static readonly ZLibCompressionOptions Compression = new() { CompressionLevel = 4 };

    /// <summary>Bytes of memory that keeping it takes.</summary>
    public long Size => Bytes.Length + 512;

    public static NuGetDocument Of(ReadOnlySpan<byte> plain, bool gzip = false)
    {
        var tag = Convert.ToHexStringLower(SHA256.HashData(plain).AsSpan(0, 16));
        var (plainTag, gzipTag) = ($"\"{tag}\"", $"\"{tag}-gzip\"");
        if (!gzip)
        {
            return new NuGetDocument(plain.ToArray(), false, plainTag, gzipTag);
        }

        using var compressed = new MemoryStream(plain.Length / 6);
        using (var stream = new GZipStream(compressed, Compression, leaveOpen: true))
        {
            stream.Write(plain);
        }

        return new NuGetDocument(compressed.ToArray(), true, gzipTag, plainTag);
    }

    /// <param name="isStale">The public source could not be asked just now.</param>
    public Task SendAsync(HttpContext context, bool isStale = false)
    {
        var response = context.Response;
        response.Headers.ETag = ETag;
        response.Headers.CacheControl = "private, no-cache";
        response.Headers.Vary = "Accept-Encoding, Authorization";
        if (isStale)
        {
            response.Headers.Warning = "110 granary \"The public source cannot be asked at the moment\"";
        }

        var condition = context.Request.Headers.IfNoneMatch;
        if (condition.Count > 0 && (EntityTags.Match(condition, ETag) || EntityTags.Match(condition, OtherETag)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = "application/json";
        response.ContentLength = Bytes.Length;
        if (IsGzip)
        {
            response.Headers.ContentEncoding = "gzip";
        }

        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.BodyWriter.WriteAsync(Bytes, context.RequestAborted).AsTask();
    }
}
