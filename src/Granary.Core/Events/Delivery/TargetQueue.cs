using System.Diagnostics;
using System.Threading.Channels;
using Granary.Core.Database;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Events.Delivery;

/// <summary>
/// Sends what waits for one target: events of one key one after the other, those of different keys side by side. A target that hangs or
/// fails holds up this queue and no other; an event that fails holds up those of its key and no others.
/// </summary>
internal sealed partial class TargetQueue(TargetKey key, TargetBacklog backlog, TargetSending sending, TimeProvider clock, ILogger logger)
{
    /// <summary>So many are sent side by side.</summary>
    public const int Width = 16;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // What came of attempts is written together, but not later than this: the next event of a key waits for it.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(10);

    private readonly TargetLines lines = new(backlog);
    private readonly Channel<FinishedAttempt> finished = Channel.CreateUnbounded<FinishedAttempt>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ChangeSignal arrivals = new();
    private readonly List<FinishedAttempt> unwritten = [];
    private long gatheringSince;
    private int sent;

    // By the system's clock: it is about the work of this moment and not about when anything is due.
    private TimeSpan RestOfGathering => Gathering - Stopwatch.GetElapsedTime(gatheringSince);

    private bool IsTimeToWrite => unwritten.Count >= Width || (unwritten.Count > 0 && (sent == 0 || RestOfGathering <= TimeSpan.Zero));

    /// <summary>There are new rows.</summary>
    public void Wake()
    {
        lines.Wake();
        arrivals.Pulse();
    }

    /// <summary>Runs until the cancellation. What was being sent then is sent again by whoever comes next.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                if (IsTimeToWrite)
                {
                    await WriteAsync(cancellation);
                }

                await lines.LoadAsync(cancellation);
                Start(cancellation);
                await WaitAsync(cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // The edge of the queue: it must outlive every failure, or its target gets nothing any more.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                LogWaits(key.Rule, key.Target, (StorageFailure.Of(failure) ?? failure).Message);
                await Task.Delay(Pause, clock, CancellationToken.None);
            }
        }

        await DrainAsync();
    }

    private void Start(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        while (sent < Width && lines.TryTake(now, out var head))
        {
            sent++;
            _ = Task.Run(async () => finished.Writer.TryWrite(await sending.SendAsync(head, cancellation)), CancellationToken.None);
        }
    }

    private async Task WaitAsync(CancellationToken cancellation)
    {
        var rest = sent < Width && lines.NextDue is { } due ? due - clock.GetUtcNow() : TimeSpan.FromMinutes(1);
        if (rest > TimeSpan.Zero && !IsTimeToWrite)
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            List<Task> any = [finished.Reader.WaitToReadAsync(over.Token).AsTask(), arrivals.WaitAsync(rest, clock, over.Token)];
            if (unwritten.Count > 0 && RestOfGathering is { Ticks: > 0 } gathering)
            {
                any.Add(Task.Delay(gathering, over.Token));
            }

            await Task.WhenAny(any);
            await over.CancelAsync();
            await Task.WhenAll(any).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
        }

        Gather();
    }

    private void Gather()
    {
        while (finished.Reader.TryRead(out var attempt))
        {
            if (unwritten.Count == 0)
            {
                gatheringSince = Stopwatch.GetTimestamp();
            }

            sent--;
            unwritten.Add(attempt);
        }
    }

    /// <summary>The rows first, and then the next of each key: whoever comes after a crash finds them in the same order.</summary>
    private async Task WriteAsync(CancellationToken cancellation)
    {
        await backlog.WriteAsync(unwritten);
        while (unwritten is [.., var attempt])
        {
            if (attempt.IsOver)
            {
                await lines.FollowAsync(attempt.Delivery, cancellation);
            }
            else
            {
                lines.Return(attempt.Delivery);
            }

            unwritten.RemoveAt(unwritten.Count - 1);
        }
    }

    /// <summary>What has been answered is written still, as far as the database takes it; the rest is sent twice.</summary>
    private async Task DrainAsync()
    {
        while (sent > 0)
        {
            var attempt = await finished.Reader.ReadAsync();
            sent--;
            unwritten.Add(attempt);
        }

        try
        {
            List<FinishedAttempt> answered = [.. unwritten.Where(a => a.IsOver)];
            if (answered.Count > 0)
            {
                await backlog.WriteAsync(answered);
            }
        }
        catch (Exception failure) when (StorageFailure.Of(failure) is { } reason)
        {
            LogWaits(key.Rule, key.Target, reason.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Events for the target {Target} of the rule {Rule} wait because the database cannot be used: {Reason}")]
    private partial void LogWaits(string rule, string target, string reason);
}
