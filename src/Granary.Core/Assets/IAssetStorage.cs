using System.Buffers;

namespace Granary.Core.Assets;

/// <summary>
/// Where bytes lie, under keys of Granary's own making (<c>[a-z0-9/.]</c>, at most 200 characters). Implementations pass
/// the same contract tests.
/// </summary>
public interface IAssetStorage
{
    /// <summary>A spool whose bytes can be stored here.</summary>
    Spool CreateSpool();

    /// <summary>
    /// Stores the finished spool. When this returns the bytes are durable and readable under the key. A key names one
    /// content for ever, so a key that is already there is left as it is.
    /// </summary>
    /// <exception cref="Refusal">The storage is full or fails: nothing may be acknowledged.</exception>
    Task StoreAsync(Spool spool, string key, CancellationToken cancellation);

    /// <summary>The bytes under the key, or null.</summary>
    Task<AssetContent?> OpenAsync(string key, CancellationToken cancellation);

    /// <summary>Removes the key if it is there. Streams that are open read on; opening one of an earlier answer fails.</summary>
    Task DeleteAsync(string key, CancellationToken cancellation);

    /// <summary>
    /// The keys that begin with <paramref name="prefix"/>, in the order of their bytes, as they are read. What is stored or deleted
    /// meanwhile may be among them or not.
    /// </summary>
    IAsyncEnumerable<StoredKey> ListAsync(string prefix, CancellationToken cancellation);
}

/// <summary>A key that is there. <paramref name="StoredAt"/> is by the storage's own clock.</summary>
public sealed record StoredKey(string Key, long Length, DateTimeOffset StoredAt);

/// <summary>
/// Stored bytes. <see cref="Path"/> is set where they are a local file that the system can send by itself. What opens them
/// is given an offset and a count, and its stream begins there and has that many bytes at least.
/// </summary>
public sealed class AssetContent(long length, string? path, Func<long, long, CancellationToken, Task<Stream>> open)
{
    private readonly Func<long, long, CancellationToken, Task<Stream>> open = open;

    public long Length { get; } = length;

    public string? Path { get; } = path;

    /// <summary>All bytes.</summary>
    /// <exception cref="FileNotFoundException">The key was deleted since.</exception>
    public Task<Stream> OpenAsync(CancellationToken cancellation) => open(0, Length, cancellation);

    /// <summary>The same bytes, and those of <paramref name="other"/> where the key was deleted by the time that they are opened.</summary>
    internal AssetContent Else(Func<CancellationToken, Task<AssetContent?>> other) => new(Length, Path, async (offset, count, cancellation) =>
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
    });

    /// <summary>Writes a part of the bytes.</summary>
    /// <exception cref="FileNotFoundException">The key was deleted since; nothing has been written.</exception>
    /// <exception cref="EndOfStreamException">There are fewer bytes than there should be.</exception>
    public async Task CopyToAsync(Stream target, long offset, long count, CancellationToken cancellation)
    {
        await using var stream = await open(offset, count, cancellation);
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            while (count > 0)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, count)), cancellation);
                if (read == 0)
                {
                    throw new EndOfStreamException("The stored bytes end too early.");
                }

                await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
                count -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
