using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using Granary.Core.Assets;

namespace Granary.Core.Upstreams;

/// <summary>
/// Documents of a public source that belong to no one package or are only parts of a listing: a service index, a page of a listing, a checksum. They may be
/// on the source's own host or, without credentials, on the public internet.
/// </summary>
public sealed class SourceLinks(SourceClient client, IAssetStorage storage, TimeProvider clock)
{
    // Bytes, decompressed. A page of a listing has 64 versions or so.
    private const long Largest = 16L << 20;

    private static readonly TimeSpan Lasts = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(string Connection, Uri Address), Recalled> recalled = new();
    private readonly SourceTurns turns = new(most: 16);

    /// <summary>A document that says where others are: the one of the last ten minutes, or an older one where the source does not answer.</summary>
    /// <exception cref="Refusal">SourceFailed: there is none.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> RecallAsync(Source source, Uri address, CancellationToken cancellation)
    {
        var key = (source.Connection, address);
        if (recalled.TryGetValue(key, out var known) && clock.GetElapsedTime(known.At) < Lasts)
        {
            return known.Document;
        }

        try
        {
            var document = await FetchAsync(source, address, cancellation)
                ?? throw Refusal.SourceFailed($"{source.Connection} has nothing at the address that it is configured with. It is shown by: granary connections.");
            recalled[key] = new Recalled(document, clock.GetTimestamp());
            return document;
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.SourceFailed && known is not null)
        {
            return known.Document;
        }
    }

    /// <summary>A document, decompressed; null where the source says that there is none.</summary>
    /// <exception cref="Refusal">SourceFailed: it cannot be had, or is larger than 16 MiB.</exception>
    public async Task<ReadOnlyMemory<byte>?> FetchAsync(Source source, Uri address, CancellationToken cancellation)
    {
        using var turn = await turns.EnterAsync(source, cancellation);
        using var response = await client.SendAsync(source, address, headers => headers.TryAddWithoutValidation("Accept-Encoding", "gzip"), cancellation);
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            return null;
        }

        if (response.StatusCode is not HttpStatusCode.OK)
        {
            throw Refusal.SourceFailed($"{source.Connection} answered {(int)response.StatusCode} to a request for a part of its listings.");
        }

        await using var received = storage.CreateSpool();
        await BodyPump.RunAsync(source.Connection, response, received, Largest, clock, () => { }, cancellation);
        return await ReadAsync(source, response, received, cancellation);
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(Source source, HttpResponseMessage response, Spool received, CancellationToken cancellation)
    {
        await using var stream = received.OpenRead();
        await using var plain = SourceEncoding.IsCompressed(source, response) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        await using var document = new ArrivingDocument(plain, copy: null, Largest);
        using var bytes = new MemoryStream();
        try
        {
            await document.CopyToAsync(bytes, cancellation);
        }
        catch (InvalidDataException failure)
        {
            throw Refusal.SourceFailed($"{source.Connection} sent a document that cannot be decompressed.", failure);
        }

        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }

    private sealed record Recalled(ReadOnlyMemory<byte> Document, long At);
}
