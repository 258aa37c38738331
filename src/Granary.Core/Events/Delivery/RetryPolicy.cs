namespace Granary.Core.Events.Delivery;

/// <summary>How long an event is offered to a target that does not take it.</summary>
/// <param name="MostAttempts">After the first one; 0 to 185 as in EventBridge.</param>
/// <param name="LongestAge">60 seconds to 24 hours as in EventBridge.</param>
public sealed record RetryPolicy(int MostAttempts, TimeSpan LongestAge)
{
    // EventBridge says only that it backs off exponentially and with jitter. With these the 185 attempts reach over the 24 hours.
    internal static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    /// <summary>EventBridge's, where a target says nothing.</summary>
    public static RetryPolicy Default { get; } = new(185, TimeSpan.FromHours(24));

    /// <summary>When it is offered again; null: never.</summary>
    /// <param name="attempts">Those that were made.</param>
    /// <param name="least">What the target asked for.</param>
    public DateTimeOffset? Next(DateTimeOffset acceptedAt, int attempts, TimeSpan? least, DateTimeOffset now, Random random)
    {
        if (attempts > MostAttempts || now - acceptedAt >= LongestAge)
        {
            return null;
        }

        var pause = FirstPause * Math.Min(Math.Pow(2, attempts - 1), LongestPause / FirstPause);
        pause *= 0.5 + (random.NextDouble() / 2);
        if (least > pause)
        {
            pause = least.Value < LongestPause ? least.Value : LongestPause;
        }

        return now + pause;
    }
}
