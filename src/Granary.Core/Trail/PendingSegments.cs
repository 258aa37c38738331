namespace Granary.Core.Trail;

/// <summary>What waits to be appended to one chain.</summary>
internal sealed class PendingSegments(string region)
{
    private readonly List<SegmentContent> finished = [];
    private readonly SegmentBuilder builder = new(region);

    public int Records { get; private set; }

    /// <summary>The room in the queue that all of it takes.</summary>
    public long Weight { get; private set; }

    public void Add(TrailRecord record, int weight)
    {
        if (!builder.TryAdd(record))
        {
            finished.Add(builder.Finish());
            _ = builder.TryAdd(record);
        }

        Records++;
        Weight += weight;
    }

    /// <summary>All of it as segments, which stay the same however often they are tried.</summary>
    public IReadOnlyList<SegmentContent> Contents()
    {
        if (!builder.IsEmpty)
        {
            finished.Add(builder.Finish());
        }

        return finished;
    }
}
