using System.IO.Pipelines;
using Granary.Core.Assets;
using Granary.Core.Repositories;

namespace Granary.Core.Upstreams;

/// <summary>
/// One asset on its way in from a public source, and everybody who reads it meanwhile. Readers follow the spool; the last
/// bytes are given out only after the digest was verified and the version stored, so nobody ever holds a complete asset
/// that Granary does not.
/// </summary>
/// <param name="spool">Where the bytes gather.</param>
/// <param name="into">The repository that has the connection, which keeps the version when it is complete.</param>
public sealed class Download(Spool spool, RepositorySnapshot into) : IAsyncDisposable
{
    // What readers wait for at the end: small enough to matter to no transfer, never the whole of a tiny asset's headers.
    private const int HeldBack = 1024;
    private const int Piece = 64 * 1024;

    private readonly TaskCompletionSource<Digests> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DownloadStart> began = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource progress = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int readers = 1;

    public Spool Spool => spool;

    public RepositorySnapshot Into => into;

    /// <summary>The digests, once the bytes are verified and the version is stored; or the refusal that ended it.</summary>
    public Task<Digests> Completion => completion.Task;

    /// <summary>Completes when the source has begun to answer well, or when it need not be asked.</summary>
    public Task<DownloadStart> Began => began.Task;

    internal void Begin(long? length) => began.TrySetResult(new DownloadStart(length, IsSuperseded: false));

    /// <summary>The asset was stored between the look for it and this download.</summary>
    internal void Supersede()
    {
        began.TrySetResult(new DownloadStart(null, IsSuperseded: true));
        completion.TrySetCanceled();
        Advance();
    }

    internal void Advance() =>
        Interlocked.Exchange(ref progress, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    internal void Complete(Digests digests)
    {
        began.TrySetResult(new DownloadStart(digests.Size, IsSuperseded: false));
        completion.TrySetResult(digests);
        Advance();
    }

    internal void Fail(Exception failure)
    {
        began.TrySetException(failure);
        completion.TrySetException(failure);
        _ = completion.Task.Exception;
        _ = began.Task.Exception;
        Advance();
    }

    /// <summary>Counts a reader in, unless the spool is already gone.</summary>
    internal bool TryJoin()
    {
        var count = Volatile.Read(ref readers);
        while (count > 0)
        {
            var before = Interlocked.CompareExchange(ref readers, count + 1, count);
            if (before == count)
            {
                return true;
            }

            count = before;
        }

        return false;
    }

    /// <summary>
    /// Writes the asset as it arrives. <paramref name="beforeTheEnd"/> runs when everything is verified and before the last
    /// bytes are written. When the source fails midway this throws: the response must then be aborted, not ended.
    /// </summary>
    public async Task CopyToAsync(PipeWriter output, Func<Digests, Task> beforeTheEnd, CancellationToken cancellation)
    {
        long sent = 0;
        while (true)
        {
            // Taken before the length is looked at: an advance in between completes this one.
            var next = Volatile.Read(ref progress).Task;
            if (completion.Task.IsCompleted)
            {
                break;
            }

            var ready = spool.Length - HeldBack;
            if (sent >= ready)
            {
                await next.WaitAsync(cancellation);
                continue;
            }

            sent += await SendAsync(output, sent, (int)Math.Min(ready - sent, Piece), cancellation);
        }

        var digests = await completion.Task;
        await beforeTheEnd(digests);
        while (sent < digests.Size)
        {
            sent += await SendAsync(output, sent, (int)Math.Min(digests.Size - sent, Piece), cancellation);
        }
    }

    /// <summary>Each reader disposes once; the last one takes the spool with it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Decrement(ref readers) == 0)
        {
            await spool.DisposeAsync();
        }
    }

    private async Task<int> SendAsync(PipeWriter output, long offset, int count, CancellationToken cancellation)
    {
        var memory = output.GetMemory(count)[..count];
        var read = await spool.ReadAsync(memory, offset, cancellation);
        output.Advance(read);
        await output.FlushAsync(cancellation);
        return read;
    }
}

/// <param name="Length">As the source announced it; null where it announced none.</param>
/// <param name="IsSuperseded">The asset is stored by now: look for it again.</param>
public readonly record struct DownloadStart(long? Length, bool IsSuperseded);
