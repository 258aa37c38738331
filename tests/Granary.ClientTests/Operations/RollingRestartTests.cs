using System.Collections.Concurrent;
using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>
/// One node after the other is told to stop and is started anew, behind a proxy that asks for their health, and no client notices.
/// <c>GRANARY_RESTART_ROUNDS</c> restarts all of them more than once.
/// </summary>
[Collection(nameof(Cluster))]
public sealed class RollingRestartTests(Cluster cluster)
{
    private const string Repository = "own";

    // Longer than the delay of a node, so that each stop finds some of both under way and has to wait for them.
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(5);

    // The delay and the limit of the nodes, and what a busy machine takes longer.
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2 + 30 + 5);

    private readonly ConcurrentBag<string> failed = [];
    private readonly ConcurrentBag<PublishDocument> published = [];
    private int served;

    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("GRANARY_RESTART_ROUNDS"), out var rounds) ? rounds : 1;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nodes_are_restarted_one_after_the_other_and_no_request_fails()
    {
        var large = new PublishDocument("rolling-large", "1.0.0", Noise("rolling-large", 12 << 20));
        (await SendAsync(cluster.Nodes[0].Client, cluster.Nodes[0].Npm(Repository), HttpMethod.Put, large.Name, PublishDocument.ContentOf(large.Root.ToJsonString()))).Must(HttpStatusCode.Created);
        await using var proxy = new NodeProxy(cluster.Nodes);
        using var over = new CancellationTokenSource();
        Task[] clients =
        [
            .. Enumerable.Range(0, 3).Select(i => Task.Run(() => GoOnAsync($"publisher {i}", n => PublishAsync(proxy, $"rolling-{i}-{n % 4}", n, body => PublishDocument.ContentOf(body)), over.Token), Cancellation)),
            .. Enumerable.Range(0, 3).Select(i => Task.Run(() => GoOnAsync($"reader {i}", _ => ReadAsync(proxy), over.Token), Cancellation)),
            .. Enumerable.Range(0, 3).Select(i => Task.Run(() => GoOnAsync($"slow publisher {i}", n => PublishAsync(proxy, $"rolling-slow-{i}", n, body => new SlowBody(System.Text.Encoding.UTF8.GetBytes(body), Slow)), over.Token), Cancellation)),
            .. Enumerable.Range(0, 3).Select(i => Task.Run(() => GoOnAsync($"slow reader {i}", _ => ReadSlowlyAsync(proxy, large), over.Token), Cancellation)),
        ];

        var stops = new List<TimeSpan>();
        for (var i = 0; i < Rounds * cluster.Nodes.Count; i++)
        {
            var node = cluster.Nodes[i % cluster.Nodes.Count];
            await Patience.UntilAsync(() => proxy.IsReady(node), TimeSpan.FromSeconds(60));
            await Task.Delay(TimeSpan.FromSeconds(1), Cancellation);
            var (took, code) = await node.StopAsync("TERM");
            Assert.Equal(0, code);
            Assert.InRange(took, TimeSpan.FromSeconds(2), StopLimit);
            stops.Add(took);
            await node.StartAgainAsync();
        }

        await over.CancelAsync();
        await Task.WhenAll(clients);

        TestContext.Current.TestOutputHelper?.WriteLine($"{stops.Count} restarts, stopped after {string.Join(", ", stops.Select(s => $"{s.TotalSeconds:0.0} s"))}; {published.Count} publishes and {served} reads");
        Assert.Empty(failed);
        Assert.True(published.Count > 20 && served > 20, $"{published.Count} publishes, {served} reads");
        foreach (var package in published.GroupBy(document => document.Name))
        {
            var listed = (await SendAsync(cluster.Nodes[1].Client, cluster.Nodes[1].Npm(Repository), HttpMethod.Get, package.Key)).Must(HttpStatusCode.OK).Json["versions"]!.AsObject();
            Assert.Equal(package.Select(d => d.Version).Order(StringComparer.Ordinal), listed.Select(v => v.Key).Order(StringComparer.Ordinal));
        }
    }

    private static byte[] Noise(string name, int bytes) =>
        Tarball.Of(("package/package.json", $$"""{"name":"{{name}}","version":"1.0.0"}"""), ("package/noise.txt", Convert.ToHexString(Tarball.Noise(bytes))));

    /// <summary>One after the other until it is over; what goes wrong is kept with who met it.</summary>
    private async Task GoOnAsync(string who, Func<int, Task> act, CancellationToken over)
    {
        for (var n = 0; !over.IsCancellationRequested; n++)
        {
            try
            {
                await act(n);
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or TaskCanceledException or Xunit.Sdk.XunitException)
            {
                failed.Add($"{TimeProvider.System.GetUtcNow():T} {who}: {failure.Message} {failure.InnerException?.Message}");
            }
        }
    }

    private async Task PublishAsync(NodeProxy proxy, string name, int number, Func<string, HttpContent> content)
    {
        var document = new PublishDocument(name, $"1.0.{number}");
        (await SendAsync(proxy.Client, proxy.Npm(Repository), HttpMethod.Put, name, content(document.Root.ToJsonString()))).Must(HttpStatusCode.Created);
        published.Add(document);
    }

    private async Task ReadAsync(NodeProxy proxy)
    {
        if (!published.TryPeek(out var document))
        {
            return;
        }

        Assert.NotNull((await SendAsync(proxy.Client, proxy.Npm(Repository), HttpMethod.Get, document.Name)).Must(HttpStatusCode.OK).Json["versions"]![document.Version]);
        Assert.Equal(document.Tarball, (await SendAsync(proxy.Client, proxy.Npm(Repository), HttpMethod.Get, $"{document.Name}/-/{document.FileName}")).Must(HttpStatusCode.OK).Body);
        Interlocked.Add(ref served, 2);
    }

    private async Task ReadSlowlyAsync(NodeProxy proxy, PublishDocument document)
    {
        using var request = cluster.Nodes[0].Request(HttpMethod.Get, $"{document.Name}/-/{document.FileName}", cluster.Token, proxy.Npm(Repository));
        using var answer = await proxy.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, CancellationToken.None);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var body = await SlowBody.ReadAsync(await answer.Content.ReadAsStreamAsync(CancellationToken.None), document.Tarball.Length, Slow);
        Assert.True(document.Tarball.AsSpan().SequenceEqual(body), $"{body.Length} of {document.Tarball.Length} bytes");
        Interlocked.Increment(ref served);
    }

    private async Task<Answer> SendAsync(HttpClient client, Uri repository, HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = cluster.Nodes[0].Request(method, path, cluster.Token, repository);
        request.Content = content;
        return await Answer.ReadAsync(client, request, CancellationToken.None);
    }
}
