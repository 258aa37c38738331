using System.Text.Json.Nodes;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Events;

/// <summary>A security patch is published, an event says so, and what depends on the package is built anew and published.</summary>
public sealed class ScenarioTests
{
    private const string Pattern =
        """
        {
          "source": ["aws.codeartifact"],
          "detail-type": ["CodeArtifact Package Version State Change"],
          "detail": {
            "state": ["Published"],
            "package-format": ["npm"]
          }
        }
        """;

    [Fact]
    public async Task A_patch_that_is_published_rebuilds_the_application_that_depends_on_it()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(EventServer.Settings(source));
        using var home = new ClientHome();
        var aws = new AwsCli(server, home);
        home.LogIn(server.Npm(), await aws.TokenAsync());
        var patched = PackageFolder.ToPublish(home, "@acme/left", "1.0.0");
        (await home.NpmAsync(patched, "publish")).MustSucceed();
        var application = home.Project("app");
        File.WriteAllText(
            Path.Combine(application, "package.json"),
            """{"name":"@acme/app","version":"1.0.0","dependencies":{"@acme/left":"^1.0.0"},"scripts":{"build":"node -e \"require('fs').writeFileSync('built', require('@acme/left'))\""},"files":["built"]}""");
        await using var receiver = new EventReceiver(async received =>
        {
            if (received.Detail("packageName") == "left")
            {
                // What the function at the end of the rule starts: the build, as the buildspec of docs/ci.md has it.
                (await Command.RunAsync("bash", ["-euc", "npm version patch --no-git-tag-version && npm install && npm run build && npm publish"], application, home.Environment)).MustSucceed();
            }

            return 200;
        });
        var events = aws.Of("events");
        await EventServer.PutRuleAsync(events, "rebuild", Pattern, await EventServer.CreateDestinationAsync(events, "pipeline", receiver.Address));

        PackageFolder.Fill(patched, "@acme/left", "1.0.1");
        (await home.NpmAsync(patched, "publish")).MustSucceed();

        await receiver.WaitAsync(2);
        var told = receiver.Taken.Select(e => (e.Detail("packageName"), e.Detail("packageVersion"), e.Detail("operationType"), e.Detail("repositoryName"))).ToList();
        Assert.Contains(("left", "1.0.1", "Created", GranaryServer.Repository), told);
        Assert.Contains(("app", "1.0.1", "Created", GranaryServer.Repository), told);
        Assert.All(receiver.Taken, e => Assert.Equal("of-the-receiver", e.Headers["X-Key"]));
        home.EmptyCaches();
        var consumer = PackageFolder.ToInstall(home, "consumer", "@acme/app");
        (await home.NpmAsync(consumer, "install")).MustSucceed();
        Assert.Equal("@acme/left@1.0.1", File.ReadAllText(Path.Combine(consumer, "node_modules", "@acme", "app", "built")));
    }

    [Fact]
    public async Task What_waits_survives_a_kill_and_what_was_given_up_is_sent_again()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(EventServer.Settings(source));
        using var home = new ClientHome();
        var aws = new AwsCli(server, home);
        home.LogIn(server.Npm(), await aws.TokenAsync());
        var isUp = false;
        await using var failing = new EventReceiver(_ => Task.FromResult(Volatile.Read(ref isUp) ? 200 : 500));
        await using var well = new EventReceiver();
        var events = aws.Of("events");
        await EventServer.PutRuleAsync(events, "failing", Pattern, await EventServer.CreateDestinationAsync(events, "failing", failing.Address), ""","RetryPolicy":{"MaximumRetryAttempts":185}""");
        await EventServer.PutRuleAsync(events, "giving-up", Pattern, await EventServer.CreateDestinationAsync(events, "giving-up", failing.Address), ""","RetryPolicy":{"MaximumRetryAttempts":0}""");
        await EventServer.PutRuleAsync(events, "well", Pattern, await EventServer.CreateDestinationAsync(events, "well", well.Address));

        (await home.NpmAsync(PackageFolder.ToPublish(home, "@acme/left"), "publish")).MustSucceed();
        await well.WaitAsync(1);
        await Patience.UntilAsync(async () => (await GranaryAsync("queues")).Contains("giving-up\twaiting 0\tdead 1", StringComparison.Ordinal), TimeSpan.FromMinutes(1));
        await server.KillAsync();
        Volatile.Write(ref isUp, true);
        await server.StartAgainAsync();

        await failing.WaitAsync(1);
        Assert.Contains("\"packageName\":\"left\"", await GranaryAsync("dead-letters", "--rule", "giving-up"), StringComparison.Ordinal);
        Assert.Equal("Events that are offered again: 1.", (await GranaryAsync("redrive", "--rule", "giving-up")).Trim());
        await failing.WaitAsync(2);
        Assert.Single(failing.Taken.Select(e => (string)e.Event["id"]!).Distinct());
        Assert.Single(well.Taken);
        await Patience.UntilAsync(async () => (await GranaryAsync("queues")).Length == 0, TimeSpan.FromMinutes(1));
        var tail = (await GranaryAsync("tail", "--no-follow")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((string)failing.Taken.First().Event["id"]!, (string)JsonNode.Parse(Assert.Single(tail))!["id"]!);

        async Task<string> GranaryAsync(params string[] arguments) => (await Command.RunAsync(
            GranaryServer.Program, ["events", .. arguments, "--data", server.DataDirectory], home.Path, home.Environment)).MustSucceed().Output;
    }
}
