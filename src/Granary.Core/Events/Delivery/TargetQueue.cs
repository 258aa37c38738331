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

    // Heads of keys that wait for another attempt are kept in memory; the rest of the backlog stays in the database.
    private const int MostHeads = 5_000;
    private const int Page = 200;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, bool> keys = new(StringComparer.Ordinal);
    private readonly PriorityQueue<EventDelivery, (DateTimeOffset Due, long Id)> heads = new();
    private readonly Channel<FinishedAttempt> finished = Channel.CreateUnbounded<FinishedAttempt>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ChangeSignal arrivals = new();
    private readonly List<FinishedAttempt> unwritten = [];
    private long reached;
    private int sent;

    /// <summary>There are new rows.</summary>
    public void Wake() => arrivals.Pulse();

    /// <summary>Runs until the cancellation. What was being sent then is sent again by whoever comes next.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await WriteAsync(cancellation);
                await LoadAsync(cancellation);
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

    /// <summary>Rows that came since, as far as there is room. A key that has a head already only remembers that there is more.</summary>
    private async Task LoadAsync(CancellationToken cancellation)
    {
        while (keys.Count < MostHeads)
        {
            var rows = await backlog.ReadAsync(reached, Page, cancellation);
            foreach (var row in rows)
            {
                reached = row.Id;
                if (!keys.TryAdd(row.OrderKey, false))
                {
                    keys[row.OrderKey] = true;
                }
                else
                {
                    heads.Enqueue(row, (row.DueAt, row.Id));
                }
            }

            if (rows.Count < Page)
            {
                break;
            }
        }
    }

    private void Start(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        while (sent < Width && heads.TryPeek(out var head, out var order) && order.Due <= now)
        {
            heads.Dequeue();
            sent++;
            _ = Task.Run(async () => finished.Writer.TryWrite(await sending.SendAsync(head, cancellation)), CancellationToken.None);
        }
    }

    private async Task WaitAsync(CancellationToken cancellation)
    {
        var rest = heads.TryPeek(out _, out var order) && sent < Width ? order.Due - clock.GetUtcNow() : TimeSpan.FromMinutes(1);
        if (rest > TimeSpan.Zero)
        {
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            Task[] any = [finished.Reader.WaitToReadAsync(waiting.Token).AsTask(), arrivals.WaitAsync(rest, clock, waiting.Token)];
            await Task.WhenAny(any);
            await waiting.CancelAsync();
            await Task.WhenAll(any).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
        }

        while (finished.Reader.TryRead(out var attempt))
        {
            sent--;
            unwritten.Add(attempt);
        }
    }

    /// <summary>The rows first, and then the next of each key: whoever comes after a crash finds them in the same order.</summary>
    private async Task WriteAsync(CancellationToken cancellation)
    {
        if (unwritten.Count == 0)
        {
            return;
        }

        await backlog.WriteAsync(unwritten);
        while (unwritten is [.., var attempt])
        {
            await FollowAsync(attempt, cancellation);
            unwritten.RemoveAt(unwritten.Count - 1);
        }
    }

    private async Task FollowAsync(FinishedAttempt attempt, CancellationToken cancellation)
    {
        var delivery = attempt.Delivery;
        if (!attempt.IsOver)
        {
            heads.Enqueue(delivery, (delivery.DueAt, delivery.Id));
            return;
        }

        if (keys[delivery.OrderKey] && await backlog.FollowingAsync(delivery.OrderKey, delivery.Id, reached, cancellation) is { } next)
        {
            heads.Enqueue(next, (next.DueAt, next.Id));
            return;
        }

        keys.Remove(delivery.OrderKey);
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
