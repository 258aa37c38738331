using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Events;

/// <summary>Thousands of events for a target that hangs, and a server that is killed again and again.</summary>
public sealed class BacklogTests
{
    private const string Pattern = """{"source":["aws.codeartifact"]}""";
    private const int Packages = 10;
    private const int Versions = 20;
    private const int Changes = 15;
    private const int All = Packages * Versions * Changes;

    // Requests a second.
    private const int Rate = 500;

    // What is on its way when a server is killed is sent again: as many as are sent side by side, and as many of which the answers were not written down yet.
    private const int MostAgain = 2 * 2 * 16;

    [Fact]
    public async Task A_backlog_of_thousands_survives_kills_and_arrives_in_order_at_the_rate_of_its_target()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(EventServer.Settings(source));
        using var home = new ClientHome();
        var aws = new AwsCli(server, home);
        var token = await aws.TokenAsync();
        var (isUp, offered) = (new TaskCompletionSource(), 0);
        var moments = new ConcurrentQueue<long>();
        await using var receiver = new EventReceiver(async _ =>
        {
            Interlocked.Increment(ref offered);
            if (!isUp.Task.IsCompleted)
            {
                await isUp.Task;
                return 503;
            }

            moments.Enqueue(TimeProvider.System.GetTimestamp());
            return 200;
        });
        var events = aws.Of("events");
        await EventServer.PutRuleAsync(events, "slow", Pattern, await EventServer.CreateDestinationAsync(events, "slow", receiver.Address, Rate));

        try
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, Packages), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (package, _) => await ChangeAsync(server, $"p{package}", token));
            await Patience.UntilAsync(async () => (await QueuesAsync()).Contains($"waiting {All}\t", StringComparison.Ordinal), TimeSpan.FromMinutes(1));
            await server.KillAsync();
            var before = Volatile.Read(ref offered);
            await server.StartAgainAsync();
            await Patience.UntilAsync(() => Volatile.Read(ref offered) >= before + 16, TimeSpan.FromMinutes(1));
            await server.KillAsync();
            Assert.Empty(receiver.Taken);
        }
        finally
        {
            isUp.SetResult();
        }

        await server.StartAgainAsync();
        await Patience.UntilAsync(() => receiver.Taken.Count >= All / 3, TimeSpan.FromMinutes(1));
        await server.KillAsync();
        var (atKill, killed) = (receiver.Taken.Count, moments.Count);
        await server.StartAgainAsync();
        await Patience.UntilAsync(async () => (await QueuesAsync()).Length == 0, TimeSpan.FromMinutes(2));

        var taken = receiver.Taken.Select(e => (Id: (string)e.Event["id"]!, Package: e.Detail("packageName"), Sequence: (long)e.Event["detail"]!["sequenceNumber"]!)).ToList();
        Assert.InRange(taken.Count, All, All + MostAgain);
        var once = taken.DistinctBy(e => e.Id).ToList();
        Assert.Equal(All, once.Count);
        Assert.Equal(Packages, once.Select(e => e.Package).Distinct().Count());
        foreach (var package in once.GroupBy(e => e.Package))
        {
            Assert.Equal(package.Select(e => e.Sequence).Order(), package.Select(e => e.Sequence));
        }

        Assert.InRange(atKill, All / 3, All);
        var last = moments.Skip(killed).ToList();
        var seconds = TimeProvider.System.GetElapsedTime(last.Min(), last.Max()).TotalSeconds;
        Assert.InRange(last.Count / seconds, 1, Rate * 1.05);

        async Task<string> QueuesAsync() => (await Command.RunAsync(
            GranaryServer.Program, ["events", "queues", "--data", server.DataDirectory], home.Path, home.Environment)).MustSucceed().Output;
    }

    /// <summary>Publishes versions of a package, and then changes the status of all of them again and again: each is an event.</summary>
    private static async Task ChangeAsync(GranaryServer server, string package, string token)
    {
        var versions = Enumerable.Range(0, Versions).Select(version => $"1.{version}.0").ToList();
        foreach (var version in versions)
        {
            var document = new PublishDocument(package, version);
            using var request = server.Request(HttpMethod.Put, document.Name, token);
            request.Content = PublishDocument.ContentOf(document.Root.ToJsonString());
            (await server.SendAsync(request)).Must(HttpStatusCode.Created);
        }

        for (var change = 1; change < Changes; change++)
        {
            var body = new JsonObject { ["versions"] = new JsonArray([.. versions.Select(v => (JsonNode)v)]), ["targetStatus"] = change % 2 == 1 ? "Unlisted" : "Published" };
            var answer = await new SignedRequest(server).SendAsync(
                HttpMethod.Post, "/v1/package/versions/update_status", $"domain={GranaryServer.Domain}&format=npm&package={package}&repository={GranaryServer.Repository}", body.ToJsonString());
            Assert.Empty(answer.Must(HttpStatusCode.OK).Json["failedVersions"]!.AsObject());
        }
    }
}
