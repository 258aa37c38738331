using System.Buffers.Binary;
using System.IO.Compression;
using Granary.Core.Assets;
using Granary.Core.Packages;

namespace Granary.Core.Upstreams;

/// <summary>The bytes of a source's listing on their way in: bounded, made whole with what they name, checked, and read again.</summary>
internal sealed class DocumentBody(SourceLinks links, IAssetStorage storage)
{
    // The largest listing of a public registry is some 40 MB.
    internal const long Largest = 64L << 20;

    // Listings shrink to a tenth or a thirtieth. What shrinks to less than a hundredth is a bomb, unless it is small anyway.
    private const long MostTimes = 100;
    private const long AnyTimes = 8L << 20;

    /// <summary>The whole document; the stream must seek.</summary>
    public static async Task<ReadOnlyMemory<byte>> DecompressAsync(Stream stored, long length, CancellationToken cancellation)
    {
        // RFC 1952: the last four bytes are the length of the content. Only a first guess, which saves growing to it.
        var trailer = new byte[4];
        stored.Seek(-4, SeekOrigin.End);
        await stored.ReadExactlyAsync(trailer, cancellation);
        stored.Seek(0, SeekOrigin.Begin);
        var guess = Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(trailer) + 1, Math.Min(length * 64, Largest));

        await using var gzip = new GZipStream(stored, CompressionMode.Decompress);
        using var bytes = new MemoryStream((int)guess);
        await gzip.CopyToAsync(bytes, cancellation);
        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }

    /// <summary>The listing with what it names, uncompressed; null where it is whole as it came.</summary>
    public async Task<Spool?> CompleteAsync(
        Source source, SourceReader reader, PackageCoordinate package, Spool received, bool isCompressed, CancellationToken cancellation)
    {
        await using var plain = Open(received, isCompressed);
        await using var bounded = new ArrivingDocument(plain, copy: null, isCompressed ? MostOf(received.Length) : Largest);
        if (reader.CompleteAsync(links, source, package, bounded, cancellation) is not { } pieces)
        {
            return null;
        }

        var whole = storage.CreateSpool();
        try
        {
            await foreach (var piece in pieces.WithCancellation(cancellation))
            {
                if (whole.Length + piece.Length > Largest)
                {
                    throw Refusal.SourceFailed($"The listing of {package} is larger than {Largest:N0} bytes with all its parts.");
                }

                await whole.WriteAsync(piece, cancellation);
            }

            return whole;
        }
        catch (Exception failure)
        {
            await whole.DisposeAsync();
            if (failure is InvalidDataException)
            {
                throw Refusal.SourceFailed($"{source.Connection} sent a listing of {package} that cannot be read.", failure);
            }

            throw;
        }
    }

    public static Stream Open(Spool spool, bool isCompressed) =>
        isCompressed ? new GZipStream(spool.OpenRead(), CompressionMode.Decompress) : spool.OpenRead();

    /// <summary>Reads the whole, into the copy too where there is one. Answers what is wrong with it, or null.</summary>
    public static async Task<string?> CheckAsync(
        Source source, SourceReader reader, PackageCoordinate package, Stream plain, Spool? copy, long? compressed, CancellationToken cancellation)
    {
        try
        {
            await using (plain)
            {
                var most = compressed is { } length ? MostOf(length) : Largest;
                await using var document = new ArrivingDocument(plain, copy, most);
                var fault = await reader.CheckAsync(package, document, cancellation);
                if (fault is null)
                {
                    // What the check left unread belongs to the document too, and only at its end is the copy complete.
                    await document.CopyToAsync(Stream.Null, cancellation);
                }

                return fault;
            }
        }
        catch (InvalidDataException failure)
        {
            throw Refusal.SourceFailed($"{source.Connection} sent a listing of {package} that cannot be decompressed.", failure);
        }
    }

    private static long MostOf(long compressed) => Math.Clamp(compressed * MostTimes, AnyTimes, Largest);
}
