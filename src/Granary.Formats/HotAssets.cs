using System.Security.Cryptography;
using Granary.Core.Assets;
using Granary.Core.Upstreams;
using Microsoft.Extensions.Caching.Memory;

namespace Granary.Formats;

/// <summary>
/// The bytes of small assets that are asked for again and again. Each is read once and its digest compared on the way in,
/// so a rotten file is never served from here.
/// </summary>
public sealed class HotAssets(AssetStore assets) : IDisposable
{
    // A quarter of the memory that the server may take in all; assets above the limit are sent by the system from the file.
    private const long Room = 48L << 20;
    private const long Largest = 1L << 20;

    private readonly MemoryCache bytes = new(new MemoryCacheOptions { SizeLimit = Room, CompactionPercentage = 0.25 });

    /// <summary>The bytes, or null when the asset is too large to be kept here.</summary>
    /// <exception cref="Core.Refusal">The stored bytes are not what was published.</exception>
    public ValueTask<ReadOnlyMemory<byte>?> FindAsync(long domainId, LocatedAsset asset, CancellationToken cancellation)
    {
        if (asset.Size > Largest)
        {
            return default;
        }

        return bytes.TryGetValue(Key(domainId, asset), out byte[]? known)
            ? new((ReadOnlyMemory<byte>?)known)
            : new(ReadAsync(domainId, asset, cancellation));
    }

    public void Dispose() => bytes.Dispose();

    private static (long, UInt128) Key(long domainId, LocatedAsset asset) =>
        (domainId, System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(asset.Sha256));

    private async Task<ReadOnlyMemory<byte>?> ReadAsync(long domainId, LocatedAsset asset, CancellationToken cancellation)
    {
        var content = await assets.OpenWholeAsync(domainId, asset.Sha256, asset.Size, cancellation);
        var read = new byte[asset.Size];
        await using (var stream = await content.OpenAsync(cancellation))
        {
            await stream.ReadExactlyAsync(read, cancellation);
        }

        if (!SHA256.HashData(read).AsSpan().SequenceEqual(asset.Sha256))
        {
            throw AssetStore.Damaged();
        }

        bytes.Set(Key(domainId, asset), read, new MemoryCacheEntryOptions { Size = asset.Size });
        return read;
    }
}
