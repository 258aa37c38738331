namespace Granary.Core.Usage;

/// <summary>What has come together since it was last taken. A tally that stayed empty is closed, and whoever has it yet takes a new one.</summary>
internal sealed class UsageTally
{
    private readonly Lock gate = new();
    private readonly StatisticSet[] sets = new StatisticSet[UsageMetrics.Count];
    private bool isUsed;
    private bool isClosed;

    /// <summary>False where the tally is closed.</summary>
    public bool TryAdd(in RequestUse use)
    {
        lock (gate)
        {
            if (isClosed)
            {
                return false;
            }

            isUsed = true;
            sets[(int)UsageMetric.Requests].Add(1);
            sets[(int)(use.Plane switch
            {
                RequestPlane.Read => UsageMetric.ReadRequests,
                RequestPlane.Write => UsageMetric.WriteRequests,
                _ => UsageMetric.ControlRequests,
            })].Add(1);
            sets[(int)UsageMetric.Latency].Add(use.Elapsed.TotalMilliseconds);
            if (use.Status >= 400)
            {
                sets[(int)(use.Status < 500 ? UsageMetric.ClientErrors : UsageMetric.ServerErrors)].Add(1);
            }

            AddBytes(use);
            return true;
        }
    }

    /// <summary>False where the tally is closed.</summary>
    public bool TryAdd(UsageMetric metric, double value)
    {
        lock (gate)
        {
            if (!isClosed)
            {
                isUsed = true;
                sets[(int)metric].Add(value);
            }

            return !isClosed;
        }
    }

    /// <summary>Takes what is there; null where the tally was closed because there was nothing.</summary>
    public StatisticSet[]? Take()
    {
        lock (gate)
        {
            if (!isUsed)
            {
                isClosed = true;
                return null;
            }

            isUsed = false;
            StatisticSet[] taken = [.. sets];
            Array.Clear(sets);
            return taken;
        }
    }

    private void AddBytes(in RequestUse use)
    {
        if (use.BytesIn > 0)
        {
            sets[(int)UsageMetric.BytesUploaded].Add(use.BytesIn);
        }

        if (use.BytesOut > 0)
        {
            sets[(int)UsageMetric.BytesDownloaded].Add(use.BytesOut);
        }

        if (use.Asset is not null)
        {
            sets[(int)UsageMetric.Downloads].Add(1);
        }

        if (use.BytesSaved > 0)
        {
            sets[(int)UsageMetric.CacheHits].Add(1);
            sets[(int)UsageMetric.CacheBytesSaved].Add(use.BytesSaved);
        }
    }
}
