using System.Collections.Concurrent;
using Granary.Core.Repositories;

namespace Granary.Core.Packages;

/// <summary>
/// Lets one publish of a version at a time go on in this process, so that whoever comes second is refused before bytes of his are
/// stored. Which one wins is decided by the transaction of <see cref="Publishing.PublishAsync"/>, on other nodes too.
/// </summary>
public sealed class PublishTurns
{
    private readonly ConcurrentDictionary<Key, SemaphoreSlim> doors = new();

    /// <summary>Versions that somebody publishes or waits to publish.</summary>
    internal int Count => doors.Count;

    /// <summary>Returns when it is the caller's turn, who ends it by disposing.</summary>
    public async Task<IDisposable> EnterAsync(RepositorySnapshot repository, PackageCoordinate coordinate, string version, CancellationToken cancellation)
    {
        // Whoever has gone already would leave a door behind that nobody takes away.
        cancellation.ThrowIfCancellationRequested();
        var key = new Key(repository.DomainId, repository.Id, coordinate, version);
        while (true)
        {
            var door = doors.GetOrAdd(key, _ => new SemaphoreSlim(1));
            await door.WaitAsync(cancellation);
            if (doors.TryGetValue(key, out var current) && current == door)
            {
                return new Turn(doors, key, door);
            }

            // Whoever had this door took it away when he left.
            door.Release();
        }
    }

    private sealed record Key(long DomainId, long RepositoryId, PackageCoordinate Package, string Version);

    private sealed class Turn(ConcurrentDictionary<Key, SemaphoreSlim> doors, Key key, SemaphoreSlim door) : IDisposable
    {
        private int ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref ended, 1) == 0)
            {
                doors.TryRemove(key, out _);
                door.Release();
            }
        }
    }
}
