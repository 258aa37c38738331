using System.Buffers;
using System.Security.Cryptography;
using Granary.Core.Assets;
using Granary.Core.Encryption;

namespace Granary.Core.Transfer;

/// <summary>Bytes that are in the target now.</summary>
/// <param name="IsNew">Whether they were copied just now.</param>
internal readonly record struct CopiedBytes(string Key, long Size, byte[] Sha256, bool IsNew);

/// <summary>Bytes that a row names and that could not be copied.</summary>
/// <param name="Fault">What is wrong, with the key.</param>
/// <param name="IsMissing">There are none at all, in place of others.</param>
internal sealed record LostBytes(NamedBytes Named, string Fault, bool IsMissing);

/// <summary>
/// Brings bytes from one storage into another, several at a time, and compares each with what its row promises. What is encrypted is copied
/// as it lies there, and decrypted only to be compared.
/// </summary>
/// <param name="from">As the bytes lie there.</param>
/// <param name="to">As the bytes are to lie there.</param>
/// <param name="forms">Knows which of them are encrypted.</param>
/// <param name="rereads">Whether the bytes that are in the target already are read and compared too, and not only measured.</param>
/// <param name="demandsKeys">Whether bytes are refused whose domain's key cannot be used; else only their length is compared.</param>
internal sealed class BytesCopy(IAssetStorage from, IAssetStorage to, IAssetStorage forms, bool rereads, bool demandsKeys)
{
    // Each waits for a sync of the disk or for a far server, and not for the processor.
    private const int AtOnce = 4;

    // As many as a person reads.
    private const int ToldFaults = 20;

    private long unread;

    /// <summary>Assets that were copied without having been compared with their digest, since their domain's key cannot be used.</summary>
    public long Unread => Interlocked.Read(ref unread);

    /// <exception cref="InvalidDataException">There are some; the message names each, up to 20.</exception>
    public static void DemandNone(IReadOnlyList<LostBytes> lost)
    {
        if (lost.Count > 0)
        {
            throw new InvalidDataException(Tell(lost.Select(l => l.Fault)));
        }
    }

    /// <summary>A line for each, up to 20.</summary>
    public static string Tell(IEnumerable<string> faults)
    {
        var all = faults.Order(StringComparer.Ordinal).ToList();
        return string.Join('\n', all.Take(ToldFaults)) + (all.Count > ToldFaults ? $"\nand {all.Count - ToldFaults} more" : "");
    }

    /// <param name="arrived">Called for one at a time.</param>
    /// <returns>What is missing or has other bytes than promised.</returns>
    /// <exception cref="InvalidOperationException">The key of a domain cannot be used, and is demanded.</exception>
    public async Task<IReadOnlyList<LostBytes>> RunAsync(IAsyncEnumerable<NamedBytes> all, Func<CopiedBytes, Task> arrived, CancellationToken cancellation)
    {
        var lost = new List<LostBytes>();
        using var turn = new SemaphoreSlim(1);
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, async (named, stop) =>
        {
            var (copied, fault) = await CopyAsync(named, stop);
            await turn.WaitAsync(stop);
            try
            {
                if (fault is not null)
                {
                    lost.Add(new LostBytes(named, fault, IsMissing: fault == Missing(named.Key)));
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
        return lost;
    }

    private static string Missing(string key) => $"{key} is missing.";

    private async Task<(CopiedBytes? Copied, string? Fault)> CopyAsync(NamedBytes named, CancellationToken cancellation)
    {
        try
        {
            if (named.Sha256 is not { } promised)
            {
                // The row says nothing of the bytes, so that it is the source that promises what has to arrive.
                return await from.OpenAsync(named.Key, cancellation) is { } stored
                    && await forms.ViewAsync(named.Key, stored, cancellation) is var content && await TryDigestAsync(content, cancellation) is { } digest
                    ? await CopyAsync(named.Key, content.Length, digest, cancellation)
                    : (null, null);
            }

            return await CopyAsync(named.Key, named.Size!.Value, promised, cancellation);
        }
        catch (FileNotFoundException)
        {
            // Never there, or removed between two steps.
            return (null, named.Sha256 is null ? null : Missing(named.Key));
        }
        catch (UnreadableException failure)
        {
            var fault = failure.InnerException is DamagedBytesException or EndOfStreamException ? "is damaged" : "cannot be read";
            return (null, named.Sha256 is null ? null : $"{named.Key} {fault}: {failure.Message}");
        }
        catch (Refusal refusal) when (KeyRefusal.Is(refusal))
        {
            throw new InvalidOperationException($"{named.Key} cannot be compared with its digest. {refusal.Message} Then run the same command again.", refusal);
        }
    }

    private async Task<(CopiedBytes? Copied, string? Fault)> CopyAsync(string key, long size, byte[] promised, CancellationToken cancellation)
    {
        if (await to.OpenAsync(key, cancellation) is { } there)
        {
            var known = await forms.ViewAsync(key, there, cancellation);
            if (known.Length == size && (!rereads || await HasDigestAsync(known, promised, cancellation)))
            {
                return (new CopiedBytes(key, size, promised, IsNew: false), null);
            }

            // A key names one content for ever, so what is there is damaged.
            await to.DeleteAsync(key, cancellation);
        }

        var content = await from.OpenAsync(key, cancellation) ?? throw new FileNotFoundException(null, key);
        await using var spool = to.CreateSpool();
        await using (var stream = await ReadingAsync(() => content.OpenAsync(cancellation)))
        {
            await PumpAsync(stream, spool, cancellation);
        }

        var (length, sha256) = await MeasureAsync(key, spool, cancellation);
        if (length != size || (sha256 is not null && !promised.AsSpan().SequenceEqual(sha256)))
        {
            return (null, $"{key} is damaged: it has {length} bytes{(sha256 is null ? "" : $" with the SHA-256 {Convert.ToHexStringLower(sha256)}")}, and should have {size} with {Convert.ToHexStringLower(promised)}.");
        }

        if (sha256 is null)
        {
            Interlocked.Increment(ref unread);
        }

        await to.StoreAsync(spool, key, cancellation);
        return (new CopiedBytes(key, size, promised, IsNew: true), null);
    }

    /// <summary>The length of what is in the spool, and its digest, null where its domain's key cannot be used. What is not encrypted has been digested on the way.</summary>
    private async Task<(long Length, byte[]? Sha256)> MeasureAsync(string key, Spool spool, CancellationToken cancellation)
    {
        var digests = spool.Finish();
        var stored = new AssetContent(digests.Size, path: null, (offset, _, _) =>
        {
            var stream = spool.OpenRead();
            stream.Position = offset;
            return Task.FromResult(stream);
        });
        var plain = await forms.ViewAsync(key, stored, cancellation);
        return ReferenceEquals(plain, stored) ? (digests.Size, digests.Sha256) : (plain.Length, await TryDigestAsync(plain, cancellation));
    }

    /// <summary>Whether they are the promised bytes. Of those whose domain's key cannot be used that is not known; they are left as they are.</summary>
    private async Task<bool> HasDigestAsync(AssetContent content, byte[] promised, CancellationToken cancellation)
    {
        try
        {
            return await TryDigestAsync(content, cancellation) is not { } sha256 || sha256.AsSpan().SequenceEqual(promised);
        }
        catch (UnreadableException)
        {
            // Written anew, elsewhere on the disk.
            return false;
        }
    }

    /// <summary>Null: the domain's key cannot be used, and that is none of the copy's business.</summary>
    private async Task<byte[]?> TryDigestAsync(AssetContent content, CancellationToken cancellation)
    {
        try
        {
            return await DigestAsync(content, cancellation);
        }
        catch (Refusal refusal) when (KeyRefusal.Is(refusal) && !demandsKeys)
        {
            return null;
        }
    }

    private static async Task PumpAsync(Stream stream, Spool spool, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            for (int read; (read = await ReadingAsync(() => stream.ReadAsync(buffer, cancellation).AsTask())) > 0;)
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
        await using var stream = await ReadingAsync(() => content.OpenAsync(cancellation));
        return await ReadingAsync(() => SHA256.HashDataAsync(stream, cancellation).AsTask());
    }

    /// <summary>One bad sector of where bytes come from is a fault of those bytes; where they go to, it is one of the whole run.</summary>
    private static async Task<T> ReadingAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception failure) when (failure is IOException and not FileNotFoundException or UnauthorizedAccessException)
        {
            throw new UnreadableException(failure);
        }
    }

    private sealed class UnreadableException(Exception failure) : IOException(failure.Message, failure);
}
