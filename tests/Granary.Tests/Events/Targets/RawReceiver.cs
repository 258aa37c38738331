using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Granary.Tests.Events.Targets;

/// <summary>Somebody on loopback who reads a request and then does with the connection what a test wants, until the test or the sender ends it.</summary>
internal sealed partial class RawReceiver : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentBag<Task> connections = [];
    private readonly Task accepting;
    private int open;
    private long sent;

    /// <param name="answer">Gets the request, head and body, and what it may send. The connection is closed when it returns.</param>
    public RawReceiver(Func<string, Func<ReadOnlyMemory<byte>, Task>, CancellationToken, Task> answer)
    {
        listener.Start();
        accepting = AcceptAsync(answer);
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");

    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Connections that neither side has ended.</summary>
    public int Open => Volatile.Read(ref open);

    /// <summary>The bytes of all answers that the sender has taken off this side's hands.</summary>
    public long Sent => Interlocked.Read(ref sent);

    /// <summary>The same bytes for everybody.</summary>
    public static RawReceiver Answering(string answer) => new((_, send, _) => send(Encoding.Latin1.GetBytes(answer)));

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await accepting;
        await Task.WhenAll(connections);
        stop.Dispose();
    }

    private async Task AcceptAsync(Func<string, Func<ReadOnlyMemory<byte>, Task>, CancellationToken, Task> answer)
    {
        try
        {
            while (true)
            {
                connections.Add(AnswerAsync(await listener.AcceptTcpClientAsync(stop.Token), answer));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task AnswerAsync(TcpClient client, Func<string, Func<ReadOnlyMemory<byte>, Task>, CancellationToken, Task> answer)
    {
        Interlocked.Increment(ref open);
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                if (await ReadAsync(stream) is { } request)
                {
                    Requests.Enqueue(request);
                    await answer(request, SendAsync, stop.Token);
                }

                async Task SendAsync(ReadOnlyMemory<byte> bytes)
                {
                    await stream.WriteAsync(bytes, stop.Token);
                    Interlocked.Add(ref sent, bytes.Length);
                }
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or SocketException)
        {
            // The sender has ended it, or the test has.
        }
        finally
        {
            Interlocked.Decrement(ref open);
        }
    }

    private async Task<string?> ReadAsync(NetworkStream stream)
    {
        var (text, buffer) = (new StringBuilder(), new byte[16 << 10]);
        while (true)
        {
            var read = await stream.ReadAsync(buffer, stop.Token);
            if (read == 0)
            {
                return null;
            }

            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            var so = text.ToString();
            var head = so.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head >= 0 && so.Length >= head + 4 + (Length.Match(so) is { Success: true } length ? int.Parse(length.Groups[1].Value, CultureInfo.InvariantCulture) : 0))
            {
                return so;
            }
        }
    }

    [GeneratedRegex(@"\r\ncontent-length: (\d+)\r\n", RegexOptions.IgnoreCase)]
    private static partial Regex Length { get; }
}
