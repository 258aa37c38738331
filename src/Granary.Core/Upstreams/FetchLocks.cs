using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Granary.Core.Database;
using Npgsql;

namespace Granary.Core.Upstreams;

/// <summary>
/// Lets one node at a time ask a source for one thing, so that a miss costs one request however many nodes it meets. Within a
/// process that is settled before; here nodes settle it among themselves, by advisory locks of PostgreSQL, which end with
/// their holder. SQLite has one process, and nothing to settle.
/// </summary>
/// <remarks>
/// All locks of a node are held by one connection. Where it breaks, or the database is away, the node goes on without: two
/// requests to a source where there could be one harm nobody, since the rows of what they bring decide.
/// </remarks>
public sealed class FetchLocks(GranaryDatabase database, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private readonly SemaphoreSlim turn = new(1);
    private NpgsqlConnection? connection;
    private bool isOver;

    /// <summary>
    /// Waits until no other node holds the name, then holds it until the answer is disposed. Whoever had to wait
    /// (<see cref="Held.Waited"/>) looks again whether what it wants is there by now.
    /// </summary>
    /// <param name="patience">After it the node goes on without: a source that keeps one waiting must not keep all.</param>
    public async Task<Held> HoldAsync(string name, TimeSpan patience, CancellationToken cancellation)
    {
        if (database.Engine is Engine.Sqlite)
        {
            return new Held(null, 0, Waited: false);
        }

        var key = BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        var begun = clock.GetTimestamp();
        var waited = false;
        while (await AskAsync("SELECT pg_try_advisory_lock($1)", key, cancellation) is { } granted)
        {
            if (granted)
            {
                return new Held(this, key, waited);
            }

            if (clock.GetElapsedTime(begun) >= patience)
            {
                break;
            }

            await Task.Delay(waited ? Look : FirstLook, clock, cancellation);
            waited = true;
        }

        return new Held(null, 0, waited);
    }

    public async ValueTask DisposeAsync()
    {
        // In its turn: a connection that is closed while a lock is being given back on it waits for ever.
        await turn.WaitAsync();
        isOver = true;
        if (connection is not null)
        {
            await connection.DisposeAsync();
            connection = null;
        }

        turn.Release();
    }

    /// <summary>What PostgreSQL answers; null where it cannot be asked.</summary>
    private async Task<bool?> AskAsync(string question, long key, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            if (isOver)
            {
                return null;
            }

            if (connection is null)
            {
                var opened = new NpgsqlConnection(database.ConnectionString);
                await opened.OpenAsync(cancellation);
                connection = opened;
            }

            await using var command = new NpgsqlCommand(question, connection) { Parameters = { new() { Value = key } } };

            // Not given up in the middle: a lock that was granted must be known to be.
            return (bool?)await command.ExecuteScalarAsync(CancellationToken.None);
        }
        catch (Exception failure) when (failure is NpgsqlException or InvalidOperationException)
        {
            // With the connection go its locks.
            if (connection is { } broken)
            {
                connection = null;
                await broken.DisposeAsync();
            }

            return null;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <param name="Waited">Another node had it.</param>
    public readonly record struct Held(FetchLocks? Locks, long Key, bool Waited) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (Locks is not null)
            {
                await Locks.AskAsync("SELECT pg_advisory_unlock($1)", Key, CancellationToken.None);
            }
        }
    }
}
