using System.Globalization;
using System.Text;

namespace Granary.Core.Trail;

/// <summary>Counts by chain what did not fit into the queue, so that the trail itself tells of the gap.</summary>
internal sealed class LostRecords
{
    // As many chains as are told apart; the gaps of others are told by the server's own.
    private const int MostChains = 1000;

    private readonly Lock gate = new();
    private readonly Dictionary<TrailChain, Gap> gaps = [];

    public void Add(TrailRecord record)
    {
        lock (gate)
        {
            var chain = gaps.Count < MostChains || gaps.ContainsKey(record.Chain) ? record.Chain : default;
            var gap = gaps.GetValueOrDefault(chain) ?? new Gap(record.At, chain == record.Chain ? record : null);
            gaps[chain] = gap with { Records = gap.Records + 1, Last = record.At };
        }
    }

    /// <summary>One record for each chain that lacks some, and begins to count anew.</summary>
    public IReadOnlyList<TrailRecord> Take(DateTimeOffset now)
    {
        lock (gate)
        {
            if (gaps.Count == 0)
            {
                return [];
            }

            var records = gaps.Select(gap => Tell(gap.Key, gap.Value, now)).ToList();
            gaps.Clear();
            return records;
        }
    }

    private static TrailRecord Tell(TrailChain chain, Gap gap, DateTimeOffset now) => new()
    {
        At = now,
        Source = "cloudtrail.amazonaws.com",
        Name = "RecordsLost",
        IsServiceEvent = true,
        DomainId = chain.DomainId,
        Account = chain.Account,
        DomainName = gap.One?.DomainName,
        DomainOwner = gap.One?.DomainOwner,
        Parameters = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $$"""{"records":{{gap.Records}},"from":"{{TrailText.Time(gap.First)}}","to":"{{TrailText.Time(gap.Last)}}"}""")),
    };

    private sealed record Gap(DateTimeOffset First, TrailRecord? One)
    {
        public long Records { get; init; }

        public DateTimeOffset Last { get; init; }
    }
}
