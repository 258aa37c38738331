using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>
/// Three published servers on one PostgreSQL and one object store. <c>GRANARY_NODE_ROUNDS</c> and <c>GRANARY_NODE_SECONDS</c> make the
/// rounds of publishes and the time of the faults longer.
/// </summary>
[Collection(nameof(Cluster))]
public sealed class NodesTests(Cluster cluster)
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
        var publishers = new Publishers("p", cluster.Token, "own", () => Nodes[RandomNumberGenerator.GetInt32(3)]);
        using var over = new CancellationTokenSource();
        var begun = TimeProvider.System.GetTimestamp();
        var publishing = publishers.RunAsync(6, over.Token);
        var faults = 0;
        // A machine that does other things too has had no faults yet when the time is over.
        while (faults < 4 || TimeProvider.System.GetElapsedTime(begun) < Faults)
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

        await over.CancelAsync();
        await publishing;
        TestContext.Current.TestOutputHelper?.WriteLine($"{faults} faults, {publishers}");
        Assert.True(publishers.Acknowledged.Count > 5, $"{faults} faults, {publishers}");
        await publishers.SettleAsync(Nodes[0]);
        await publishers.MustBeThereAsync(Nodes);
    }

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var number) ? number : otherwise;

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
