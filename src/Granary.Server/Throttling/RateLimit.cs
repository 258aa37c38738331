using System.Threading.RateLimiting;
using Granary.Core;

namespace Granary.Server.Throttling;

/// <summary>
/// One rate, counted apart for each key: a bucket that holds what comes in one second. A bucket that has been full for ten seconds is
/// forgotten, so that the memory is that of the keys which are in use.
/// </summary>
internal sealed class RateLimit<TKey> : IDisposable
    where TKey : notnull
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly string setting;
    private readonly int perSecond;
    private readonly PartitionedRateLimiter<TKey> buckets;

    private RateLimit(string setting, int perSecond)
    {
        (this.setting, this.perSecond) = (setting, perSecond);
        buckets = PartitionedRateLimiter.Create<TKey, TKey>(key => RateLimitPartition.GetTokenBucketLimiter(key, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = perSecond,
            TokensPerPeriod = perSecond,
            ReplenishmentPeriod = Second,
            // Nobody waits inside the server: a client that is told to come again costs nothing until then.
            QueueLimit = 0,
        }));
    }

    /// <summary>Null where the rate is.</summary>
    /// <param name="member">The member of <see cref="Rates"/>.</param>
    public static RateLimit<TKey>? Of(string member, int? perSecond) => perSecond is { } rate ? new($"{Rates.Section}:{member}", rate) : null;

    /// <param name="who">Whose requests they are, for the message.</param>
    /// <exception cref="Refusal">Throttled.</exception>
    public void Demand(TKey key, string who)
    {
        using var lease = buckets.AttemptAcquire(key);
        if (!lease.IsAcquired)
        {
            throw Refusal.Throttled(
                $"Rate exceeded: {who} may make {perSecond} of these requests a second. Send it again after a second; the operator of this server can raise {setting}.", Second);
        }
    }

    public void Dispose() => buckets.Dispose();
}
