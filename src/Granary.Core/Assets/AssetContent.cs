using System.Buffers;
using System.Security.Cryptography;
using Granary.Core.Encryption;

namespace Granary.Core.Assets;

/// <summary>
/// Stored bytes. <see cref="Path"/> is set where they are a local file that the system can send by itself. What opens them
/// is given an offset and a count, and its stream begins there and has that many bytes at least. Streams of all bytes can seek.
/// </summary>
/// <param name="address">Makes the address of <see cref="AddressAsync"/>.</param>
public sealed class AssetContent(long length, string? path, Func<long, long, CancellationToken, Task<Stream>> open, Func<Task<Uri>>? address = null)
{
    // As of a download from a public source: what a mismatch keeps from being complete.
    private const int HeldBack = 1024;
    private const int Piece = 64 * 1024;

    private readonly Func<long, long, CancellationToken, Task<Stream>> open = open;
    private readonly Func<Task<Uri>>? address = address;

    public long Length { get; } = length;

    public string? Path { get; } = path;

    /// <summary>An address, good for some minutes, at which whoever has it gets the bytes from the storage itself; null where it gives none.</summary>
    public async Task<Uri?> AddressAsync() => address is null ? null : await address();

    /// <summary>All bytes.</summary>
    /// <exception cref="FileNotFoundException">The key was deleted since.</exception>
    public Task<Stream> OpenAsync(CancellationToken cancellation) => open(0, Length, cancellation);

    /// <summary>The bytes from an offset on, so many of them at least.</summary>
    internal Task<Stream> OpenPartAsync(long offset, long count, CancellationToken cancellation) => open(offset, count, cancellation);

    /// <summary>The same bytes, and those of <paramref name="other"/> where these are gone, or are to be given away and there are others.</summary>
    internal AssetContent Else(Func<CancellationToken, Task<AssetContent?>> other) => new(
        Length,
        Path,
        async (offset, count, cancellation) =>
        {
            try
            {
                return await open(offset, count, cancellation);
            }
            catch (FileNotFoundException)
            {
                if (await other(cancellation) is { } later && later.Length == Length)
                {
                    return await later.open(offset, count, cancellation);
                }

                throw;
            }
        },
        address is null ? null : async () => await other(CancellationToken.None) is { address: { } later } ? await later() : await address());

    /// <summary>Writes a part of the bytes.</summary>
    /// <exception cref="FileNotFoundException">The key was deleted since; nothing has been written.</exception>
    /// <exception cref="EndOfStreamException">There are fewer bytes than there should be.</exception>
    public async Task CopyToAsync(Stream target, long offset, long count, CancellationToken cancellation)
    {
        await using var stream = await open(offset, count, cancellation);
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (count > 0)
            {
                var read = await ReadAsync(stream, buffer.AsMemory(0, (int)Math.Min(Piece, count)), cancellation);
                await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
                count -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes all bytes, the last of them only once the digest of all is the one that is given.</summary>
    /// <exception cref="FileNotFoundException">The key was deleted since; nothing has been written.</exception>
    /// <exception cref="EndOfStreamException">There are fewer bytes than there should be.</exception>
    /// <exception cref="Refusal">They are others. As of the one before, what was written is not all.</exception>
    public async Task CopyVerifiedAsync(Stream target, byte[] sha256, CancellationToken cancellation)
    {
        await using var stream = await open(0, Length, cancellation);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            // What was read and not written: never more than is held back once a piece has gone out.
            var held = 0;
            for (var left = Length; left > 0;)
            {
                var read = await ReadAsync(stream, buffer.AsMemory(held, (int)Math.Min(Piece - held, left)), cancellation);
                hash.AppendData(buffer, held, read);
                (held, left) = (held + read, left - read);
                if (left > 0 && held > HeldBack)
                {
                    await target.WriteAsync(buffer.AsMemory(0, held - HeldBack), cancellation);
                    buffer.AsSpan(held - HeldBack, HeldBack).CopyTo(buffer);
                    held = HeldBack;
                }
            }

            if (!hash.GetHashAndReset().AsSpan().SequenceEqual(sha256))
            {
                throw AssetStore.Damaged();
            }

            await target.WriteAsync(buffer.AsMemory(0, held), cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async ValueTask<int> ReadAsync(Stream stream, Memory<byte> into, CancellationToken cancellation)
    {
        try
        {
            return await stream.ReadAsync(into, cancellation) is > 0 and var read ? read : throw new EndOfStreamException("The stored bytes end too early.");
        }
        catch (DamagedBytesException)
        {
            throw AssetStore.Damaged();
        }
    }
}
