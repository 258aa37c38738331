using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Granary.Tests.Database;

/// <summary>
/// Stands between nodes and PostgreSQL, hands everything on, and counts what is asked: whatever sends a statement, by whichever library,
/// is seen here. The messages are those of https://www.postgresql.org/docs/15/protocol-message-formats.html.
/// </summary>
internal sealed class StatementWire : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly NpgsqlConnectionStringBuilder server;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task accepting;
    private int statements;

    /// <param name="connectionString">Of the server behind it.</param>
    public StatementWire(string connectionString)
    {
        server = new NpgsqlConnectionStringBuilder(connectionString);
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>The same database, asked through here.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder(server.ConnectionString) { Port = ((IPEndPoint)listener.LocalEndpoint).Port }.ConnectionString;

    /// <summary>Statements that were sent to be executed.</summary>
    public int Count => Volatile.Read(ref statements);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        await accepting;
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stopping.Token));
            }
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        using (var database = new TcpClient { NoDelay = true })
        {
            client.NoDelay = true;
            try
            {
                await database.ConnectAsync(server.Host!, server.Port, stopping.Token);
                await Task.WhenAny(AskAsync(client.GetStream(), database.GetStream()), database.GetStream().CopyToAsync(client.GetStream(), stopping.Token));
            }
            catch (Exception over) when (over is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Whoever is at the other end sees that.
            }
        }
    }

    private async Task AskAsync(NetworkStream from, NetworkStream to)
    {
        // The first messages have no type: requests for encryption, which the tests' server declines, and then the start.
        const int Start = 196_608;
        for (var isStarted = false; ;)
        {
            var head = new byte[isStarted ? 5 : 8];
            await from.ReadExactlyAsync(head, stopping.Token);
            var message = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(isStarted ? 1 : 0)) + (isStarted ? 1 : 0)];
            head.CopyTo(message, 0);
            await from.ReadExactlyAsync(message.AsMemory(head.Length), stopping.Token);
            if (!isStarted)
            {
                isStarted = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(4)) == Start;
            }
            else if (head[0] is (byte)'E' or (byte)'Q')
            {
                // Execute, or a simple query.
                Interlocked.Increment(ref statements);
            }

            await to.WriteAsync(message, stopping.Token);
        }
    }
}
