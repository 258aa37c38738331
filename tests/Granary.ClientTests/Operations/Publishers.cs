using System.Collections.Concurrent;
using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>npm publishers that go on while things fail, with what each of them was told, and the look afterwards whether it was true.</summary>
/// <param name="prefix">Begins the names of their packages.</param>
/// <param name="token">Good at every node.</param>
/// <param name="repository">The repository's name.</param>
/// <param name="choose">The node of the next request.</param>
public sealed class Publishers(string prefix, string token, string repository, Func<GranaryServer> choose)
{
    // What a failing disk, database or store is called: send it again.
    private static readonly HttpStatusCode[] Retryable = [HttpStatusCode.ServiceUnavailable, HttpStatusCode.InsufficientStorage];

    /// <summary>With the node that said so.</summary>
    public ConcurrentBag<(PublishDocument Document, GranaryServer Node)> Acknowledged { get; } = [];

    /// <summary>Whether these are there nobody knows: the connection broke, or the answer was a retryable error.</summary>
    public ConcurrentBag<PublishDocument> Unknown { get; } = [];

    /// <summary>Answers that no fault explains.</summary>
    public ConcurrentBag<string> Wrong { get; } = [];

    public override string ToString() => $"{Acknowledged.Count} acknowledged, {Unknown.Count} not";

    /// <summary>Begins so many, which go on until it is over.</summary>
    public Task RunAsync(int count, CancellationToken over) => Task.WhenAll(Enumerable.Range(0, count).Select(publisher => Task.Run(async () =>
    {
        for (var i = 0; !over.IsCancellationRequested; i++)
        {
            if (!await PublishAsync(choose(), new PublishDocument($"{prefix}{publisher}-{i % 5}", $"1.0.{i}")))
            {
                // Less to look at in the end.
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }
    })));

    /// <summary>What nobody was told of is there or not, and is there after another attempt.</summary>
    public Task SettleAsync(GranaryServer node) => Parallel.ForEachAsync(Unknown, async (document, _) =>
    {
        var answer = await SendAsync(node, HttpMethod.Put, document.Name, document);
        Assert.True(answer.Status is HttpStatusCode.Created or HttpStatusCode.Conflict, answer.ToString());
    });

    /// <summary>Each node lists exactly what was published, and serves the bytes of it.</summary>
    /// <param name="nodes">All have the bytes, or there is one.</param>
    public async Task MustBeThereAsync(IReadOnlyList<GranaryServer> nodes)
    {
        var all = Acknowledged.Select(a => a.Document).Concat(Unknown).ToList();
        foreach (var node in nodes)
        {
            foreach (var package in all.GroupBy(document => document.Name))
            {
                var listed = (await SendAsync(node, HttpMethod.Get, package.Key)).Must(HttpStatusCode.OK).Json["versions"]!.AsObject();
                Assert.Equal(package.Select(d => d.Version).Order(StringComparer.Ordinal), listed.Select(v => v.Key).Order(StringComparer.Ordinal));
            }
        }

        await Parallel.ForEachAsync(all.Index(), async (item, _) =>
        {
            var (index, document) = item;
            var answer = await SendAsync(nodes[index % nodes.Count], HttpMethod.Get, $"{document.Name}/-/{document.FileName}");
            Assert.Equal(document.Tarball, answer.Must(HttpStatusCode.OK).Body);
        });
        foreach (var log in nodes.Select(node => node.ReadLog()))
        {
            var at = log.IndexOf("nobody foresaw", StringComparison.Ordinal);
            Assert.True(at < 0, log[Math.Max(0, at)..Math.Min(log.Length, at + 3000)]);
        }

        Assert.Empty(Wrong);
    }

    /// <summary>True where it was acknowledged.</summary>
    public async Task<bool> PublishAsync(GranaryServer node, PublishDocument document)
    {
        try
        {
            var answer = await SendAsync(node, HttpMethod.Put, document.Name, document);
            if (answer.Status is HttpStatusCode.Created && !answer.Cut)
            {
                Acknowledged.Add((document, node));
                return true;
            }

            if (!answer.Cut && !Retryable.Contains(answer.Status))
            {
                Wrong.Add($"{document.Name} {document.Version}: {answer}");
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or TaskCanceledException)
        {
            // The node went away.
        }

        Unknown.Add(document);
        return false;
    }

    private async Task<Answer> SendAsync(GranaryServer node, HttpMethod method, string path, PublishDocument? document = null)
    {
        using var request = node.Request(method, path, token, node.Npm(repository));
        request.Content = document is null ? null : PublishDocument.ContentOf(document.Root.ToJsonString());
        return await node.SendAsync(request);
    }
}
