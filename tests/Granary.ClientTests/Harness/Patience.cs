namespace Granary.ClientTests.Harness;

/// <summary>Waiting, in the few places where another process gives no sign to wait for.</summary>
public static class Patience
{
    /// <summary>Polls until the condition holds; fails after <paramref name="limit"/> (10 s when none is given).</summary>
    public static Task UntilAsync(Func<bool> condition, TimeSpan? limit = null) => UntilAsync(() => Task.FromResult(condition()), limit);

    /// <summary>As above, for what has to be asked for.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan? limit = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < (limit ?? TimeSpan.FromSeconds(10)), "waited too long");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>
    /// Gives requests on their way time to reach the server before a gate opens. Too short a time makes a test weaker, never red.
    /// </summary>
    public static Task LetArriveAsync(TimeSpan time) => Task.Delay(time);
}
