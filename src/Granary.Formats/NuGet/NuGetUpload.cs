using System.Buffers;
using Granary.Core;
using Granary.Core.Assets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Granary.Formats.NuGet;

/// <summary>The body of a push: a multipart form whose one part is the package, from the socket to the spool in one buffer of memory.</summary>
internal static class NuGetUpload
{
    // Bytes. What the form itself may take beside the package.
    private const int FormRoom = 64 << 10;
    private const int Piece = 128 << 10;

    /// <exception cref="Refusal">Validation: no such form. QuotaExceeded: the package is too large.</exception>
    public static async Task ReceiveAsync(HttpContext context, Spool spool, Quotas quotas)
    {
        Open(context, quotas);
        if (context.Request.ContentLength > quotas.AssetSize + FormRoom)
        {
            throw TooLarge(quotas);
        }

        var reader = new MultipartReader(Boundary(context.Request), context.Request.Body) { BodyLengthLimit = null };
        try
        {
            if (await reader.ReadNextSectionAsync(context.RequestAborted) is not { } part)
            {
                throw Malformed("it is empty");
            }

            await CopyAsync(part.Body, spool, quotas, context.RequestAborted);
            if (await reader.ReadNextSectionAsync(context.RequestAborted) is not null)
            {
                throw Malformed("it has more than one part");
            }
        }
        catch (BadHttpRequestException)
        {
            // An IOException too, and the edge knows what it means.
            throw;
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException && !context.RequestAborted.IsCancellationRequested)
        {
            throw Malformed("it ends before its last boundary, or its headers are too long");
        }
    }

    /// <summary>
    /// Reads what is left of a refused push. NuGet's client sends all of a package before it looks at the answer, and it sends each one twice: only
    /// the answer to the first tells it that credentials are wanted. If the connection ended meanwhile, it would never read that.
    /// </summary>
    public static async Task DrainAsync(HttpContext context, Quotas quotas)
    {
        Open(context, quotas);
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) > 0)
            {
            }
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            // Larger than any package, slower than any client, or gone: it is told, if it still listens, on a connection that ends.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Open(HttpContext context, Quotas quotas)
    {
        if (context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = quotas.AssetSize + FormRoom;
        }
    }

    private static string Boundary(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary)
        {
            throw Refusal.Validation("A push is a multipart/form-data request with the package as its one part: push with dotnet nuget push.");
        }

        return boundary;
    }

    private static async Task CopyAsync(Stream part, Spool spool, Quotas quotas, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (await part.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation) is > 0 and var read)
            {
                if (spool.Length + read > quotas.AssetSize)
                {
                    throw TooLarge(quotas);
                }

                await spool.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static Refusal Malformed(string why) => Refusal.Validation($"The form of the push is malformed: {why}. Push with dotnet nuget push.");

    private static Refusal TooLarge(Quotas quotas) => Refusal.QuotaExceeded(
        ResourceType.Asset, "nupkg", $"The package is larger than the {quotas.AssetSize} bytes that an asset may have: publish a smaller one. The operator of this server can raise {Quotas.Key(nameof(Quotas.AssetSize))}.");
}
