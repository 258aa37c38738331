using System.Buffers;
using System.Security.Cryptography;
using Granary.Core.Assets;

namespace Granary.Core.Transfer;

/// <summary>Bytes that are in the target now.</summary>
/// <param name="IsNew">Whether they were copied just now.</param>
internal readonly record struct CopiedBytes(string Key, long Size, byte[] Sha256, bool IsNew);

/// <summary>Brings bytes from one storage into another, several at a time, and compares each with what its row promises.</summary>
/// <param name="rereads">Whether the bytes that are in the target already are read and compared too, and not only measured.</param>
internal sealed class BytesCopy(IAssetStorage from, IAssetStorage to, bool rereads)
{
    // Each waits for a sync of the disk or for a far server, and not for the processor.
    private const int AtOnce = 4;

    // As many as a person reads.
    private const int ToldFaults = 20;

    /// <param name="arrived">Called for one at a time.</param>
    /// <exception cref="InvalidDataException">Bytes are missing or are others than promised; the message names each, up to 20.</exception>
    public async Task RunAsync(IAsyncEnumerable<NamedBytes> all, Func<CopiedBytes, Task> arrived, CancellationToken cancellation)
    {
        var faults = new List<string>();
        using var turn = new SemaphoreSlim(1);
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (named, stop) =>
        {
            var (copied, fault) = await CopyAsync(named, stop);
            await turn.WaitAsync(stop);
            try
            {
                if (fault is not null)
                {
                    faults.Add(fault);
                }
                else if (copied is { } bytes)
                {
                    await arrived(bytes);
                }
            }
            finally
            {
                turn.Release();
            }
        });
        if (faults.Count > 0)
        {
            var rest = faults.Count > ToldFaults ? $"\nand {faults.Count - ToldFaults} more" : "";
            throw new InvalidDataException(string.Join('\n', faults.Order(StringComparer.Ordinal).Take(ToldFaults)) + rest);
        }
    }

    private async Task<(CopiedBytes? Copied, string? Fault)> CopyAsync(NamedBytes named, CancellationToken cancellation)
    {
        try
        {
            if (named.Sha256 is not { } promised)
            {
                // The row says nothing of the bytes, so that it is the source that promises what has to arrive.
                return await from.OpenAsync(named.Key, cancellation) is { } content
                    ? await CopyAsync(named.Key, content.Length, await DigestAsync(content, cancellation), cancellation)
                    : (null, null);
            }

            return await CopyAsync(named.Key, named.Size!.Value, promised, cancellation);
        }
        catch (FileNotFoundException)
        {
            // Never there, or removed between two steps.
            return (null, named.Sha256 is null ? null : $"{named.Key} is missing.");
        }
    }

    private async Task<(CopiedBytes? Copied, string? Fault)> CopyAsync(string key, long size, byte[] promised, CancellationToken cancellation)
    {
        if (await to.OpenAsync(key, cancellation) is { } there)
        {
            if (there.Length == size && (!rereads || (await DigestAsync(there, cancellation)).AsSpan().SequenceEqual(promised)))
            {
                return (new CopiedBytes(key, size, promised, IsNew: false), null);
            }

            // A key names one content for ever, so what is there is damaged.
            await to.DeleteAsync(key, cancellation);
        }

        var content = await from.OpenAsync(key, cancellation) ?? throw new FileNotFoundException(null, key);
        await using var spool = to.CreateSpool();
        await using (var stream = await content.OpenAsync(cancellation))
        {
            await PumpAsync(stream, spool, cancellation);
        }

        var digests = spool.Finish();
        if (digests.Size != size || !promised.AsSpan().SequenceEqual(digests.Sha256))
        {
            return (null, $"{key} is damaged: it has {digests.Size} bytes with the SHA-256 {digests.Sha256Hex}, and should have {size} with {Convert.ToHexStringLower(promised)}.");
        }

        await to.StoreAsync(spool, key, cancellation);
        return (new CopiedBytes(key, size, promised, IsNew: true), null);
    }

    private static async Task PumpAsync(Stream stream, Spool spool, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            for (int read; (read = await stream.ReadAsync(buffer, cancellation)) > 0;)
            {
                await spool.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<byte[]> DigestAsync(AssetContent content, CancellationToken cancellation)
    {
        await using var stream = await content.OpenAsync(cancellation);
        return await SHA256.HashDataAsync(stream, cancellation);
    }
}
