namespace Granary.Server.Monitoring;

/// <summary>What tells requests apart in the metrics; empty for what a request is not about.</summary>
/// <param name="Operation">Such as <c>DescribeDomain</c> or <c>ReadFromRepository</c>.</param>
/// <param name="Account">The owner of the domain.</param>
internal readonly record struct SeriesKey(string Operation, string Format, string Account, string Domain, string Repository, string Outcome)
{
    // Made for every request: of what nearly always tells two keys apart.
    public override int GetHashCode() => HashCode.Combine(Operation, Domain, Repository);
}

/// <summary>The counts of the requests that are told apart by one key, with their attributes made once.</summary>
internal sealed class RequestSeries(in SeriesKey key)
{
    private long requests;
    private long bytesIn;
    private long bytesOut;

    public KeyValuePair<string, object?>[] Tags { get; } =
    [
        new("operation", key.Operation),
        new("format", key.Format),
        new("account", key.Account),
        new("repository", key.Repository.Length == 0 ? key.Domain : $"{key.Domain}/{key.Repository}"),
        new("outcome", key.Outcome),
    ];

    /// <summary>Without the repository: a histogram has a dozen series for each key.</summary>
    public KeyValuePair<string, object?>[] DurationTags { get; } = [new("operation", key.Operation), new("format", key.Format), new("outcome", key.Outcome)];

    public long Requests => Volatile.Read(ref requests);

    public long BytesIn => Volatile.Read(ref bytesIn);

    public long BytesOut => Volatile.Read(ref bytesOut);

    public void Add(long received, long sent)
    {
        Interlocked.Increment(ref requests);
        if (received > 0)
        {
            Interlocked.Add(ref bytesIn, received);
        }

        if (sent > 0)
        {
            Interlocked.Add(ref bytesOut, sent);
        }
    }
}
