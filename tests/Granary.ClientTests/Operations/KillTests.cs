using System.Collections.Concurrent;
using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>CC-6: killed in the middle of publishes, the server loses nothing that it acknowledged and shows nothing by halves.</summary>
public sealed class KillTests
{
    private const int Rounds = 5;
    private const int Publishers = 4;

    [Theory]
    [InlineData("SQLite")]
    [InlineData("PostgreSQL")]
    public async Task Kill_during_publishes_loses_nothing_that_was_acknowledged(string engine)
    {
        await using var postgres = engine == "PostgreSQL" ? await PostgreSql.StartAsync() : null;
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(source, postgres is null ? [] : ["--database", postgres.ConnectionString]);
        using var home = new ClientHome();
        var token = await new AwsCli(server, home).TokenAsync();
        var sent = new ConcurrentDictionary<string, PublishDocument>(StringComparer.Ordinal);
        var acknowledged = new ConcurrentDictionary<string, PublishDocument>(StringComparer.Ordinal);

        for (var round = 0; round < Rounds; round++)
        {
            var enough = acknowledged.Count + 10 + (7 * round);
            var publishing = Enumerable.Range(0, Publishers).Select(i => PublishUntilKilledAsync(server, token, $"r{round}-p{i}", sent, acknowledged)).ToArray();
            await Patience.UntilAsync(() => acknowledged.Count >= enough, TimeSpan.FromSeconds(60));
            await server.KillAsync();
            await Task.WhenAll(publishing);
            await server.StartAgainAsync();
        }

        Assert.True(acknowledged.Count >= Rounds * 10);
        foreach (var (name, document) in sent)
        {
            await MustBeWholeOrAbsentAsync(server, token, name, document, acknowledged.ContainsKey(name));
        }
    }

    private static async Task PublishUntilKilledAsync(
        GranaryServer server, string token, string prefix,
        ConcurrentDictionary<string, PublishDocument> sent, ConcurrentDictionary<string, PublishDocument> acknowledged)
    {
        for (var i = 0; ; i++)
        {
            var document = new PublishDocument($"{prefix}-{i}", "1.0.0");
            sent[document.Name] = document;
            using var request = server.Request(HttpMethod.Put, document.Name, token);
            request.Content = PublishDocument.ContentOf(document.Root.ToJsonString());
            try
            {
                var answer = await server.SendAsync(request);
                if (!answer.IsSuccess)
                {
                    Assert.True(answer.Cut, answer.ToString());
                    return;
                }

                acknowledged[document.Name] = document;
            }
            catch (HttpRequestException)
            {
                return;
            }
        }
    }

    private static async Task MustBeWholeOrAbsentAsync(
        GranaryServer server, string token, string name, PublishDocument document, bool acknowledged)
    {
        using var listing = server.Request(HttpMethod.Get, name, token);
        var listed = await server.SendAsync(listing);
        using var tarball = server.Request(HttpMethod.Get, $"{name}/-/{document.FileName}", token);
        var bytes = await server.SendAsync(tarball);
        if (acknowledged || listed.Status == HttpStatusCode.OK)
        {
            Assert.Equal(Tarball.Integrity(document.Tarball), listed.Must(HttpStatusCode.OK).Json["versions"]!["1.0.0"]!["dist"]!["integrity"]!.GetValue<string>());
            Assert.Equal(document.Tarball, bytes.Must(HttpStatusCode.OK).Body);
        }
        else
        {
            listed.Must(HttpStatusCode.NotFound);
            bytes.Must(HttpStatusCode.NotFound);
        }
    }
}
