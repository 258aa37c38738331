using System.Collections.Concurrent;

namespace Granary.Core.Upstreams;

/// <summary>
/// How many requests of one kind a source is sent at once. The others wait here, under their own deadline: a request that waits
/// for a connection would be taken for one that the source does not answer.
/// </summary>
internal sealed class SourceTurns(int most)
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> doors = new(StringComparer.Ordinal);

    /// <summary>Returns when it is the caller's turn, who ends it by disposing.</summary>
    public async Task<IDisposable> EnterAsync(Source source, CancellationToken cancellation)
    {
        var door = doors.GetOrAdd(source.Connection, _ => new SemaphoreSlim(most));
        await door.WaitAsync(cancellation);
        return new Turn(door);
    }

    private sealed class Turn(SemaphoreSlim door) : IDisposable
    {
        public void Dispose() => door.Release();
    }
}
