using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>
/// Two nodes that know a primary and its standby by one connection string. The primary is killed under load, the standby is promoted, and
/// nobody starts a node again.
/// </summary>
public sealed class FailoverTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_standby_does_not_have_is_not_acknowledged()
    {
        await using var primary = await PostgreSql.StartAsync();
        await using var standby = await primary.StartStandbyAsync();
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(source, "--database", PostgreSql.ConnectionTo(primary.Port, standby.Port) + ";Command Timeout=3");
        using var home = new ClientHome();
        var token = await new AwsCli(server, home).TokenAsync();
        var publishers = new Publishers("p", token, GranaryServer.Repository, () => server);
        Assert.True(await publishers.PublishAsync(server, new PublishDocument("both", "1.0.0")));

        await standby.KillAsync();

        Assert.False(await publishers.PublishAsync(server, new PublishDocument("one", "1.0.0")));
        Assert.Empty(publishers.Wrong);
        using var read = server.Request(HttpMethod.Get, "both", token);
        (await server.SendAsync(read)).Must(HttpStatusCode.OK);
    }

    [Fact]
    public async Task When_the_standby_takes_over_nothing_is_lost_and_the_nodes_go_on()
    {
        await using var primary = await PostgreSql.StartAsync();
        await using var standby = await primary.StartStandbyAsync();
        await using var source = new FakeNpmSource();
        var settings = new Dictionary<string, string> { ["ExternalConnections__public__npmjs"] = source.Address.ToString() };
        // The standby first: whoever did not ask which is the primary would meet it.
        string[] arguments = ["--database", PostgreSql.ConnectionTo(standby.Port, primary.Port)];
        await using var one = await GranaryServer.StartAsync(settings, arguments);
        await using var other = await GranaryServer.StartAsync(one, settings, arguments);
        using var home = new ClientHome();
        var aws = new AwsCli(one, home);
        var token = await aws.TokenAsync();
        var repository = await aws.CreateRepositoryAsync("own");
        Publishers[] publishers = [new("one", token, repository, () => one), new("other", token, repository, () => other)];
        using var over = new CancellationTokenSource();
        var publishing = publishers.Select(p => p.RunAsync(3, over.Token)).ToList();
        await Patience.UntilAsync(() => publishers.All(p => p.Acknowledged.Count > 20), TimeSpan.FromSeconds(60));

        await primary.KillAsync();
        var killed = TimeProvider.System.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(1), Cancellation);
        var before = publishers.Select(p => p.Acknowledged.Count).ToArray();
        await standby.PromoteAsync();
        var goneOn = new TimeSpan[publishers.Length];
        for (var i = 0; i < publishers.Length; i++)
        {
            await Patience.UntilAsync(() => publishers[i].Acknowledged.Count > before[i], TimeSpan.FromSeconds(60));
            goneOn[i] = TimeProvider.System.GetElapsedTime(killed);
        }

        await Task.Delay(TimeSpan.FromSeconds(2), Cancellation);
        await over.CancelAsync();
        await Task.WhenAll(publishing);
        TestContext.Current.TestOutputHelper?.WriteLine($"{string.Join("; ", publishers.Select(p => p.ToString()))}; publishes went on {string.Join(" and ", goneOn.Select(t => $"{t.TotalSeconds:0.0} s"))} after the kill");
        foreach (var (who, node) in publishers.Zip((GranaryServer[])[one, other]))
        {
            await who.SettleAsync(node);
            await who.MustBeThereAsync([node]);
        }

        // The nodes have said to the new primary too that they use it: whoever needs the database alone is told so.
        using var third = new TempDirectory("third");
        foreach (var key in Directory.EnumerateFiles(Path.Combine(one.DataDirectory, "keys")))
        {
            File.Copy(key, Path.Combine(third.Sub("keys"), Path.GetFileName(key)), overwrite: true);
        }

        var rotation = await Command.RunAsync(
            GranaryServer.Program, ["keys", "rotate", "--data", third.Path, .. arguments], home.Path, home.Environment, TimeSpan.FromSeconds(60));
        rotation.MustFail("A Granary uses the database");
    }
}
