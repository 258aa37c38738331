namespace Granary.Core.Events.Delivery;

/// <summary>Ids of rows that are looked at in the order in which they were made: UUIDs of version 7, of which no two have one millisecond.</summary>
internal sealed class RisingIds(TimeProvider clock)
{
    private long lastMilliseconds;

    public string Next()
    {
        while (true)
        {
            var last = Volatile.Read(ref lastMilliseconds);
            var next = Math.Max(last + 1, clock.GetUtcNow().ToUnixTimeMilliseconds());
            if (Interlocked.CompareExchange(ref lastMilliseconds, next, last) == last)
            {
                return Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(next)).ToString();
            }
        }
    }
}
