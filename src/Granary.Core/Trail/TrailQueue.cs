using System.Collections.Concurrent;
using Granary.Core.Events;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Trail;

/// <summary>
/// Takes the records of requests that changed nothing, which wait for nobody, and appends them to their chains in batches. What
/// cannot be written is kept and tried again; what does not fit any more is counted, and the chain is told how many are missing.
/// </summary>
public sealed partial class TrailQueue : IAsyncDisposable
{
    /// <summary>What a killed process can lose: the reads and refusals of this long. Changes have their records with them.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    // So many are rendered without waiting for the interval: the younger a record is when it is let go, the less the collector
    // of garbage has to move.
    private const int Crowd = 256;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // About five seconds of 15,000 reads each.
    private const long Room = 64 << 20;

    private readonly ChangeLog log;
    private readonly TrailChains chains;
    private readonly TrailOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger<TrailQueue> logger;
    private readonly long room;
    private readonly ConcurrentQueue<TrailRecord> queue = new();
    private readonly ConcurrentQueue<TaskCompletionSource> flushes = new();
    private readonly SemaphoreSlim filled = new(0);
    private readonly LostRecords lost = new();
    private readonly Dictionary<TrailChain, PendingSegments> pending = [];
    private readonly Task loop;
    private TaskCompletionSource hurry = NewSource();
    private int awake;
    private TaskCompletionSource crowded = NewSource();
    private long held;
    private int waiting;
    private volatile bool stopping;

    public TrailQueue(ChangeLog log, TrailChains chains, TrailOptions options, TimeProvider clock, ILogger<TrailQueue> logger)
        : this(log, chains, options, clock, logger, Room)
    {
    }

    internal TrailQueue(ChangeLog log, TrailChains chains, TrailOptions options, TimeProvider clock, ILogger<TrailQueue> logger, long room)
    {
        (this.log, this.chains, this.options, this.clock, this.logger, this.room) = (log, chains, options, clock, logger, room);
        loop = Task.Run(RunAsync);
    }

    /// <summary>How many records wait to be rendered.</summary>
    public int Count => queue.Count;

    /// <summary>Takes a record whose outcome is known. Never waits.</summary>
    public void Add(TrailRecord record)
    {
        if (record.IsWritten || (record.IsPlainRead && !options.Reads))
        {
            return;
        }

        if (loop.IsCompleted)
        {
            LogLost(1, "The request outlasted the server.");
            return;
        }

        record.At = clock.GetUtcNow();
        var weight = record.Weight;
        // The last quarter is for what is more telling than a read.
        if (Interlocked.Add(ref held, weight) > (record.IsPlainRead ? room / 4 * 3 : room))
        {
            Interlocked.Add(ref held, -weight);
            lost.Add(record);
            return;
        }

        queue.Enqueue(record);
        if (Interlocked.Increment(ref waiting) == Crowd)
        {
            Volatile.Read(ref crowded).TrySetResult();
        }

        if (Volatile.Read(ref awake) == 0)
        {
            Wake();
        }
    }

    /// <summary>Returns when everything that was added before is in the database.</summary>
    /// <exception cref="Refusal">It could not be written; it is kept and tried again.</exception>
    public Task FlushAsync(CancellationToken cancellation)
    {
        var done = NewSource();
        flushes.Enqueue(done);
        Volatile.Read(ref hurry).TrySetResult();
        Wake();
        return done.Task.WaitAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (!stopping)
        {
            stopping = true;
            Volatile.Read(ref hurry).TrySetResult();
            Wake();
            await loop;
        }
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref awake, 1) == 0)
        {
            filled.Release();
        }
    }

    private async Task RunAsync()
    {
        var wait = Interval;
        while (true)
        {
            await filled.WaitAsync();
            var hurried = Volatile.Read(ref hurry).Task;
            var due = Task.Delay(wait, clock);
            while (!stopping && !hurried.IsCompleted && !due.IsCompleted)
            {
                var full = Volatile.Read(ref crowded).Task;
                await Task.WhenAny(hurried, due, full);
                if (full.IsCompleted)
                {
                    Volatile.Write(ref crowded, NewSource());
                    Gather();
                }
            }

            var last = stopping;
            Volatile.Write(ref hurry, NewSource());
            // Before the queue is emptied, so that whoever comes later wakes this loop again.
            Interlocked.Exchange(ref awake, 0);
            var flushed = TakeFlushes();
            Gather();
            var failure = await WriteAsync();
            wait = failure is null ? Interval : Pause;
            Answer(flushed, failure);
            if (last)
            {
                if (failure is not null)
                {
                    LogLost(pending.Values.Sum(p => p.Records), failure.Message);
                }

                return;
            }

            if (failure is not null)
            {
                LogKept(pending.Values.Sum(p => p.Records), failure.Message);
                Wake();
            }
        }
    }

    private List<TaskCompletionSource> TakeFlushes()
    {
        var waiting = new List<TaskCompletionSource>();
        while (flushes.TryDequeue(out var flush))
        {
            waiting.Add(flush);
        }

        return waiting;
    }

    /// <summary>Renders what waits, grouped by chain, into segments.</summary>
    private void Gather()
    {
        // Told once the database takes records again, so that a long outage is one line for each chain.
        foreach (var record in pending.Count == 0 ? lost.Take(clock.GetUtcNow()) : [])
        {
            Segments(record.Chain).Add(record, weight: 0);
        }

        Interlocked.Exchange(ref waiting, 0);
        while (queue.TryDequeue(out var record))
        {
            Segments(record.Chain).Add(record, record.Weight);
        }
    }

    private PendingSegments Segments(TrailChain chain)
    {
        if (!pending.TryGetValue(chain, out var segments))
        {
            pending.Add(chain, segments = new PendingSegments(chains.Region));
        }

        return segments;
    }

    private async Task<Exception?> WriteAsync()
    {
        Exception? failure = null;
        var writes = pending.Select(p => (p.Key, Write: log.AppendAsync(p.Key.ToString(), p.Value.Contents()))).ToList();
        foreach (var (chain, write) in writes)
        {
            try
            {
                await write;
                pending.Remove(chain, out var written);
                Interlocked.Add(ref held, -written!.Weight);
            }
#pragma warning disable CA1031 // The edge of the queue: whatever it is, the records are kept and nobody's request fails.
            catch (Exception cause)
#pragma warning restore CA1031
            {
                failure = cause;
            }
        }

        return failure;
    }

    private static void Answer(List<TaskCompletionSource> waiting, Exception? failure)
    {
        foreach (var flush in waiting)
        {
            if (failure is null)
            {
                flush.SetResult();
            }
            else
            {
                flush.SetException(failure);
            }
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} records of the audit trail wait because the database cannot be written: {Reason}")]
    private partial void LogKept(int count, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} records of the audit trail were lost at the stop: {Reason}")]
    private partial void LogLost(int count, string reason);
}
