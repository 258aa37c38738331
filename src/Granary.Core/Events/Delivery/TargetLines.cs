namespace Granary.Core.Events.Delivery;

/// <summary>
/// What waits for one target, a line for each key: only the head of a line may be sent. Much of it is kept in memory; the rest of a backlog
/// stays in the database.
/// </summary>
internal sealed class TargetLines(TargetBacklog backlog)
{
    private const int MostLines = 5_000;

    // Behind the heads, of all lines together.
    private const int MostWaiting = 5_000;

    private const int Page = 200;

    private readonly Dictionary<string, Line> lines = new(StringComparer.Ordinal);
    private readonly PriorityQueue<EventDelivery, (DateTimeOffset Due, long Id)> heads = new();
    private volatile bool hasNews = true;
    private long reached;
    private int waiting;

    /// <summary>When the first of the heads that are not being sent may be; null where there is none.</summary>
    public DateTimeOffset? NextDue => heads.TryPeek(out _, out var order) ? order.Due : null;

    /// <summary>There are new rows.</summary>
    public void Wake() => hasNews = true;

    /// <summary>Rows that came since, as far as there is room.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        while (hasNews && lines.Count < MostLines)
        {
            // Before the look: what comes while it is under way is looked for again.
            hasNews = false;
            var isDone = false;
            try
            {
                var rows = await backlog.ReadAsync(reached, Page, cancellation);
                rows.ForEach(Append);
                isDone = rows.Count < Page;
            }
            finally
            {
                hasNews |= !isDone;
            }
        }
    }

    /// <summary>Takes a head that is due.</summary>
    public bool TryTake(DateTimeOffset now, out EventDelivery head)
    {
        if (heads.TryPeek(out head!, out var order) && order.Due <= now)
        {
            heads.Dequeue();
            return true;
        }

        return false;
    }

    /// <summary>A head that was taken is to be sent again.</summary>
    public void Return(EventDelivery head) => heads.Enqueue(head, (head.DueAt, head.Id));

    /// <summary>A head that was taken is gone: the next of its line takes its place.</summary>
    public async Task FollowAsync(EventDelivery head, CancellationToken cancellation)
    {
        var line = lines[head.OrderKey];
        if (line.Rest.TryDequeue(out var next))
        {
            waiting--;
            Return(next);
        }
        else if (line.IsLonger && await backlog.FollowingAsync(head.OrderKey, head.Id, reached, cancellation) is { } stored)
        {
            Return(stored);
        }
        else
        {
            lines.Remove(head.OrderKey);
        }
    }

    private void Append(EventDelivery row)
    {
        reached = row.Id;
        if (lines.TryAdd(row.OrderKey, new Line()))
        {
            Return(row);
            return;
        }

        var line = lines[row.OrderKey];
        if (line.IsLonger || waiting == MostWaiting)
        {
            line.IsLonger = true;
            return;
        }

        line.Rest.Enqueue(row);
        waiting++;
    }

    private sealed class Line
    {
        /// <summary>What follows the head.</summary>
        public Queue<EventDelivery> Rest { get; } = new();

        /// <summary>Whether there may be more in the database, after what is here.</summary>
        public bool IsLonger { get; set; }
    }
}
