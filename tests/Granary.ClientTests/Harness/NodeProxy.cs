using System.Net;

namespace Granary.ClientTests.Harness;

/// <summary>
/// A proxy in front of nodes as docs/operations.md asks for one: it asks each for <c>/health/ready</c> and gives new connections, by turns,
/// to those that say that they are. Connections that are there it leaves alone, and nothing is sent twice.
/// </summary>
public sealed class NodeProxy : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    private readonly IReadOnlyList<GranaryServer> nodes;
    private readonly bool[] ready;
    private readonly CancellationTokenSource stop = new();
    private readonly TcpRelay relay;
    private readonly Task[] looking;
    private int turn;

    public NodeProxy(IReadOnlyList<GranaryServer> nodes)
    {
        this.nodes = nodes;
        ready = [.. nodes.Select(_ => true)];
        relay = new TcpRelay(Choose);
        looking = [.. Enumerable.Range(0, nodes.Count).Select(LookAsync)];
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, MaxConnectionsPerServer = 100 }) { BaseAddress = new Uri($"http://127.0.0.1:{relay.Port}/") };
    }

    public HttpClient Client { get; }

    public Uri Npm(string repository) => new(Client.BaseAddress!, nodes[0].Npm(repository).PathAndQuery);

    public bool IsReady(GranaryServer node) => Volatile.Read(ref ready[nodes.ToList().IndexOf(node)]);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(looking);
        stop.Dispose();
        Client.Dispose();
        await relay.DisposeAsync();
    }

    private int? Choose()
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            var next = (Interlocked.Increment(ref turn) & int.MaxValue) % nodes.Count;
            if (Volatile.Read(ref ready[next]))
            {
                return nodes[next].Http.Port;
            }
        }

        return null;
    }

    private async Task LookAsync(int index)
    {
        try
        {
            while (true)
            {
                var isReady = false;
                try
                {
                    using var answer = await nodes[index].Client.GetAsync(new Uri("health/ready", UriKind.Relative), stop.Token);
                    isReady = answer.StatusCode == HttpStatusCode.OK;
                }
                catch (HttpRequestException)
                {
                    // Not there.
                }

                Volatile.Write(ref ready[index], isReady);
                await Task.Delay(Look, stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the test.
        }
    }
}
