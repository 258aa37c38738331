using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Events.Delivery;

/// <summary>A queue for each target that anything waits for, as long as this node delivers.</summary>
internal sealed class DeliveryQueues(GranaryDatabase database, ChangeLog log, TargetSending sending, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly Dictionary<TargetKey, (TargetQueue Queue, Task Run)> queues = [];

    /// <summary>Goes on with what an earlier turn has left.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await using var db = database.Open();
        var keys = await db.EventDeliveries.Select(d => new { d.AccountId, d.Bus, d.Rule, d.Target }).Distinct().ToListAsync(cancellation);
        foreach (var key in keys)
        {
            Wake(new TargetKey(key.AccountId, key.Bus, key.Rule, key.Target));
        }
    }

    /// <summary>There are new rows for the target. Called by one at a time.</summary>
    public void Wake(TargetKey key)
    {
        if (!queues.TryGetValue(key, out var running))
        {
            var queue = new TargetQueue(key, new TargetBacklog(database, log, key), sending, clock, logger);
            queues.Add(key, running = (queue, Task.Run(() => queue.RunAsync(stop.Token))));
        }

        running.Queue.Wake();
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(queues.Values.Select(q => q.Run));
        stop.Dispose();
    }
}
