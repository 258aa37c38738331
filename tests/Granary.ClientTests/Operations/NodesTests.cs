using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>
/// Three published servers on one PostgreSQL and one object store. <c>GRANARY_NODE_ROUNDS</c> and <c>GRANARY_NODE_SECONDS</c> make the
/// rounds of publishes and the time of the faults longer.
/// </summary>
public sealed class NodesTests(Cluster cluster) : IClassFixture<Cluster>
{
    private static readonly int Rounds = Setting("GRANARY_NODE_ROUNDS", 100);
    private static readonly TimeSpan Faults = TimeSpan.FromSeconds(Setting("GRANARY_NODE_SECONDS", 15));

    private IReadOnlyList<GranaryServer> Nodes => cluster.Nodes;

    [Fact]
    public async Task What_one_node_has_acknowledged_every_other_one_shows_with_its_next_answer()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var (first, second) = (Nodes[round % 3], Nodes[(round + 1 + (round / 3 % 2)) % 3]);
            var document = new PublishDocument($"round-{round % 20}", $"1.0.{round}");
            // Looked at before, so that the other node has a listing to be wrong with.
            await SendAsync(second, HttpMethod.Get, document.Name);

            (await PublishAsync(first, document)).Must(HttpStatusCode.Created);

            var listing = (await SendAsync(second, HttpMethod.Get, document.Name)).Must(HttpStatusCode.OK).Json;
            Assert.True(listing["versions"]![document.Version] is not null, $"round {round}: {document.Version} is not listed");
            Assert.Equal(document.Version, (string?)listing["dist-tags"]!["latest"]);
            Assert.Equal(document.Tarball, (await TarballAsync(second, document)).Must(HttpStatusCode.OK).Body);
        }
    }

    [Fact]
    public async Task A_status_a_policy_and_a_revoked_token_count_at_every_node_at_once()
    {
        var document = new PublishDocument("status", "1.0.0");
        (await PublishAsync(Nodes[0], document)).Must(HttpStatusCode.Created);
        foreach (var (status, seen) in ((string, HttpStatusCode)[])[("Archived", HttpStatusCode.NotFound), ("Published", HttpStatusCode.OK)])
        {
            (await TarballAsync(Nodes[2], document)).Must(status == "Archived" ? HttpStatusCode.OK : HttpStatusCode.NotFound);
            await SignedAsync(
                Nodes[1], HttpMethod.Post, "/v1/package/versions/update_status", $"domain={GranaryServer.Domain}&format=npm&package=status&repository=own",
                $$"""{"versions":["1.0.0"],"targetStatus":"{{status}}"}""");
            (await TarballAsync(Nodes[2], document)).Must(seen);
        }

        var other = await cluster.Aws.TokenAsync();
        (await SendAsync(Nodes[2], HttpMethod.Get, "status", other)).Must(HttpStatusCode.OK);
        (await SendAsync(Nodes[1], HttpMethod.Delete, $"-/user/token/{other}", other)).Must(HttpStatusCode.OK);
        (await SendAsync(Nodes[2], HttpMethod.Get, "status", other)).Must(HttpStatusCode.Unauthorized);

        var closed = await cluster.Aws.CreateRepositoryAsync("closed");
        const string Deny = """{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"codeartifact:ReadFromRepository","Resource":"*"}]}""";
        (await SendAsync(Nodes[2], HttpMethod.Get, "status", repository: Nodes[2].Npm(closed))).Must(HttpStatusCode.NotFound);
        await SignedAsync(
            Nodes[1], HttpMethod.Put, "/v1/repository/permissions/policy", $"domain={GranaryServer.Domain}&repository={closed}", $$"""{"policyDocument":{{JsonSerializer.Serialize(Deny)}}}""");
        (await SendAsync(Nodes[2], HttpMethod.Get, "status", repository: Nodes[2].Npm(closed))).Must(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_thousand_clients_at_three_nodes_fetch_an_asset_that_none_has_once()
    {
        var package = cluster.Source.Add("wanted");
        var bytes = package.Versions.Single().Bytes;
        var repository = Nodes.Select(node => node.Npm()).ToArray();

        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => SendAsync(Nodes[i % 3], HttpMethod.Get, "wanted/-/wanted-1.0.0.tgz", null, repository[i % 3])));

        Assert.All(answers, answer => Assert.Equal(bytes, answer.Must(HttpStatusCode.OK).Body));
        Assert.Equal(1, cluster.Source.Count("/wanted/-/wanted-1.0.0.tgz"));
    }

    [Fact]
    public async Task While_nodes_database_and_gateway_die_nothing_that_was_acknowledged_is_lost()
    {
        var acknowledged = new ConcurrentBag<PublishDocument>();
        var unknown = new ConcurrentBag<PublishDocument>();
        using var over = new CancellationTokenSource(Faults);
        var publishers = Enumerable.Range(0, 6).Select(publisher => Task.Run(async () =>
        {
            for (var i = 0; !over.IsCancellationRequested; i++)
            {
                var document = new PublishDocument($"p{publisher}-{i % 5}", $"1.0.{i}");
                if (await IsPublishedAsync(Nodes[RandomNumberGenerator.GetInt32(3)], document))
                {
                    acknowledged.Add(document);
                    continue;
                }

                // Less to look at in the end.
                unknown.Add(document);
                await Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken);
            }
        })).ToArray();
        var faults = 0;
        while (!over.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(300, 1500)), TestContext.Current.CancellationToken);
            switch (faults++ % 4)
            {
                case 0 or 2:
                    var node = Nodes[RandomNumberGenerator.GetInt32(3)];
                    await node.KillAsync();
                    await node.StartAgainAsync();
                    break;
                case 1:
                    await cluster.Postgres.CrashAsync();
                    break;
                default:
                    await cluster.Ceph.KillGatewayAsync();
                    await cluster.Ceph.StartGatewayAsync();
                    break;
            }
        }

        await Task.WhenAll(publishers);
        TestContext.Current.TestOutputHelper?.WriteLine($"{faults} faults, {acknowledged.Count} acknowledged, {unknown.Count} not");
        Assert.True(faults >= 4 && acknowledged.Count > 20, $"{faults} faults, {acknowledged.Count} acknowledged");

        // What nobody was told of is there or not, and is there after another attempt.
        await Parallel.ForEachAsync(unknown, TestContext.Current.CancellationToken, async (document, _) =>
        {
            var answer = await PublishAsync(Nodes[0], document);
            Assert.True(answer.Status is HttpStatusCode.Created or HttpStatusCode.Conflict, answer.ToString());
        });

        foreach (var node in Nodes)
        {
            foreach (var package in acknowledged.Concat(unknown).GroupBy(document => document.Name))
            {
                var listed = (await SendAsync(node, HttpMethod.Get, package.Key)).Must(HttpStatusCode.OK).Json["versions"]!.AsObject();
                Assert.Equal(package.Select(d => d.Version).Order(StringComparer.Ordinal), listed.Select(v => v.Key).Order(StringComparer.Ordinal));
            }
        }

        await Parallel.ForEachAsync(acknowledged.Concat(unknown), TestContext.Current.CancellationToken, async (document, _) =>
            Assert.Equal(document.Tarball, (await TarballAsync(Nodes[RandomNumberGenerator.GetInt32(3)], document)).Must(HttpStatusCode.OK).Body));

        foreach (var log in Nodes.Select(node => node.ReadLog()))
        {
            var at = log.IndexOf("nobody foresaw", StringComparison.Ordinal);
            Assert.True(at < 0, log[Math.Max(0, at)..Math.Min(log.Length, at + 3000)]);
        }
    }

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var number) ? number : otherwise;

    private async Task<bool> IsPublishedAsync(GranaryServer node, PublishDocument document)
    {
        try
        {
            return (await PublishAsync(node, document)).Status is HttpStatusCode.Created;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or TaskCanceledException)
        {
            return false;
        }
    }

    private async Task<Answer> PublishAsync(GranaryServer node, PublishDocument document)
    {
        using var request = node.Request(HttpMethod.Put, document.Name, cluster.Token, node.Npm("own"));
        request.Content = PublishDocument.ContentOf(document.Root.ToJsonString());
        return await node.SendAsync(request);
    }

    private Task<Answer> TarballAsync(GranaryServer node, PublishDocument document) => SendAsync(node, HttpMethod.Get, $"{document.Name}/-/{document.FileName}");

    private async Task<Answer> SendAsync(GranaryServer node, HttpMethod method, string path, string? with = null, Uri? repository = null)
    {
        using var request = node.Request(method, path, with ?? cluster.Token, repository ?? node.Npm("own"));
        return await node.SendAsync(request);
    }

    private async Task SignedAsync(GranaryServer node, HttpMethod method, string path, string query, string body)
    {
        var (key, secret) = Nodes[0].Administrator;
        (await new SignedRequest(node) { AccessKey = key, Secret = secret }.SendAsync(method, path, query, body)).Must(HttpStatusCode.OK);
    }
}
