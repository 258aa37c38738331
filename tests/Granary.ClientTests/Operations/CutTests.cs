using System.Net;
using System.Security.Cryptography;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>
/// The ways between the nodes, their database and their object store are cut, and go silent for a while. <c>GRANARY_CUT_SECONDS</c> makes
/// it longer.
/// </summary>
[Collection(nameof(Cluster))]
public sealed class CutTests(Cluster cluster)
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(int.TryParse(Environment.GetEnvironmentVariable("GRANARY_CUT_SECONDS"), out var seconds) ? seconds : 15);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(CommitLoss.Before)]
    [InlineData(CommitLoss.After)]
    public async Task A_publish_whose_commit_gets_no_answer_is_neither_acknowledged_nor_refused_for_good(CommitLoss loss)
    {
        var (way, node, other) = (cluster.DatabaseWays[0], cluster.Nodes[0], cluster.Nodes[1]);
        for (var i = 0; i < 5; i++)
        {
            var document = new PublishDocument($"commit-{loss}".ToLowerInvariant(), $"1.0.{i}");
            var before = way.Lost;
            way.Loss = loss;
            var answer = await SendAsync(node, HttpMethod.Put, document.Name, document);
            way.Loss = CommitLoss.None;

            Assert.True(way.Lost > before, "no transaction was met");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
            Assert.NotNull(answer.Headers.RetryAfter);

            // As a client that was told to send it again: where it is there already, npm is told so.
            (await SendAsync(node, HttpMethod.Put, document.Name, document)).Must(loss is CommitLoss.Before ? HttpStatusCode.Created : HttpStatusCode.Conflict);
            foreach (var reader in (GranaryServer[])[node, other])
            {
                Assert.NotNull((await SendAsync(reader, HttpMethod.Get, document.Name)).Must(HttpStatusCode.OK).Json["versions"]![document.Version]);
                Assert.Equal(document.Tarball, (await SendAsync(reader, HttpMethod.Get, $"{document.Name}/-/{document.FileName}")).Must(HttpStatusCode.OK).Body);
            }
        }
    }

    [Fact]
    public async Task While_ways_are_cut_at_random_nothing_that_was_acknowledged_is_lost_and_nothing_is_half_there()
    {
        var publishers = new Publishers("cut", cluster.Token, "own", () => cluster.Nodes[RandomNumberGenerator.GetInt32(3)]);
        using var over = new CancellationTokenSource();
        var begun = TimeProvider.System.GetTimestamp();
        var publishing = publishers.RunAsync(6, over.Token);
        TcpRelay[] ways = [.. cluster.DatabaseWays, .. cluster.StoreWays];
        var faults = 0;
        // A machine that does other things too has had no faults yet when the time is over.
        while (faults < 4 || TimeProvider.System.GetElapsedTime(begun) < Time)
        {
            await Task.Delay(RandomNumberGenerator.GetInt32(100, 600), Cancellation);
            var way = ways[RandomNumberGenerator.GetInt32(ways.Length)];
            switch (faults++ % 4)
            {
                case 0:
                    way.Cut();
                    break;
                case 1:
                    way.Refuses = true;
                    way.Cut();
                    await Task.Delay(RandomNumberGenerator.GetInt32(100, 1000), Cancellation);
                    way.Refuses = false;
                    break;
                case 2:
                    await way.StallAsync(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(500, 3000)));
                    break;
                default:
                    var database = cluster.DatabaseWays[RandomNumberGenerator.GetInt32(3)];
                    database.Loss = RandomNumberGenerator.GetInt32(2) == 0 ? CommitLoss.Before : CommitLoss.After;
                    await Task.Delay(300, Cancellation);
                    database.Loss = CommitLoss.None;
                    break;
            }
        }

        await over.CancelAsync();
        await publishing;
        TestContext.Current.TestOutputHelper?.WriteLine($"{faults} faults, {publishers}, {cluster.DatabaseWays.Sum(way => way.Lost)} commits lost");
        Assert.True(publishers.Acknowledged.Count > 5, $"{faults} faults, {publishers}");
        await publishers.SettleAsync(cluster.Nodes[0]);
        await publishers.MustBeThereAsync(cluster.Nodes);
    }

    private async Task<Answer> SendAsync(GranaryServer node, HttpMethod method, string path, PublishDocument? document = null)
    {
        using var request = node.Request(method, path, cluster.Token, node.Npm("own"));
        request.Content = document is null ? null : PublishDocument.ContentOf(document.Root.ToJsonString());
        return await node.SendAsync(request);
    }
}
