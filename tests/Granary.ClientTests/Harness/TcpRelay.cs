using System.Net;
using System.Net.Sockets;

namespace Granary.ClientTests.Harness;

/// <summary>What becomes of a transaction whose end a <see cref="TcpRelay"/> sees on its way.</summary>
public enum CommitLoss
{
    None,

    /// <summary>The connection is cut before COMMIT gets to the database.</summary>
    Before,

    /// <summary>COMMIT gets there and takes effect; its answer does not come back.</summary>
    After,
}

/// <summary>Stands between two programs on loopback and passes on what they send, as the network does, until it is told to fail.</summary>
public sealed class TcpRelay : IAsyncDisposable
{
    // COMMIT as Npgsql sends it, a statement by itself.
    private static readonly byte[] Commit = "COMMIT\0"u8.ToArray();

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Func<int?> target;
    private readonly HashSet<Passage> passages = [];
    private readonly Task accepting;
    private TaskCompletionSource? hole;
    private volatile bool refuses;
    private volatile CommitLoss loss;
    private int lost;

    /// <param name="target">The port on loopback that a new connection goes to; null: the connection is reset.</param>
    public TcpRelay(Func<int?> target)
    {
        this.target = target;
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>New connections are reset.</summary>
    public bool Refuses
    {
        get => refuses;
        set => refuses = value;
    }

    public CommitLoss Loss
    {
        get => loss;
        set => loss = value;
    }

    /// <summary>How many transactions have lost their end here.</summary>
    public int Lost => lost;

    /// <summary>Resets every connection, whatever is on its way.</summary>
    public void Cut()
    {
        foreach (var passage in Passages())
        {
            passage.Reset();
        }
    }

    /// <summary>Swallows nothing and passes nothing on for so long, as a network does in which a link is gone.</summary>
    public async Task StallAsync(TimeSpan time)
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref hole, gone);
        await Task.Delay(time);
        Volatile.Write(ref hole, null);
        gone.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        await accepting;
        Cut();
    }

    private Passage[] Passages()
    {
        lock (passages)
        {
            return [.. passages];
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = PassAsync(await listener.AcceptSocketAsync());
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task PassAsync(Socket client)
    {
        using var passage = new Passage(client);
        try
        {
            await Passable();
            if (refuses || target() is not { } port)
            {
                passage.Reset();
                return;
            }

            await passage.Server.ConnectAsync(IPAddress.Loopback, port);
            lock (passages)
            {
                passages.Add(passage);
            }

            await Task.WhenAll(PumpAsync(passage, toServer: true), PumpAsync(passage, toServer: false));
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            passage.Reset();
        }
        finally
        {
            lock (passages)
            {
                passages.Remove(passage);
            }
        }
    }

    private async Task PumpAsync(Passage passage, bool toServer)
    {
        var (from, to) = toServer ? (passage.Client, passage.Server) : (passage.Server, passage.Client);
        var buffer = new byte[64 << 10];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer)) > 0)
            {
                await Passable();
                if (LosesHere(passage, toServer, buffer.AsSpan(0, read)))
                {
                    Interlocked.Increment(ref lost);
                    passage.Reset();
                    return;
                }

                for (var sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            passage.Reset();
        }
    }

    private bool LosesHere(Passage passage, bool toServer, ReadOnlySpan<byte> bytes)
    {
        if (!toServer)
        {
            // The answer is here, so that it has happened.
            return passage.AwaitsCommit;
        }

        if (loss is CommitLoss.None || bytes.IndexOf(Commit) < 0)
        {
            return false;
        }

        passage.AwaitsCommit = loss is CommitLoss.After;
        return loss is CommitLoss.Before;
    }

    private Task Passable() => Volatile.Read(ref hole)?.Task ?? Task.CompletedTask;

    private sealed class Passage(Socket client) : IDisposable
    {
        private int isReset;

        public Socket Client => client;

        public Socket Server { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        public volatile bool AwaitsCommit;

        /// <summary>Both ends see a reset and not an end.</summary>
        public void Reset()
        {
            if (Interlocked.Exchange(ref isReset, 1) == 0)
            {
                foreach (var socket in (Socket[])[Client, Server])
                {
                    socket.Close(0);
                }
            }
        }

        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }
}
