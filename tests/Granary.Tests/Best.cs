using System.Diagnostics;

namespace Granary.Tests;

/// <summary>Times a piece of work so that a busy machine is not taken for slow code.</summary>
internal static class Best
{
    /// <summary>The shortest of five runs.</summary>
    public static TimeSpan OfFive(Action work) => Enumerable.Range(0, 5).Min(_ =>
    {
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed;
    });
}
