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
        await WriteApplicationAsync(application);
        await using var receiver = new EventReceiver(async received =>
        {
            if (received.Detail("packageName") == "left")
            {
                await BuildAsync(home, application);
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
    public async Task A_patch_waits_in_a_queue_and_starts_the_pipeline_of_the_application()
    {
        await using var moto = await Moto.StartAsync();
        await moto.CallAsync("sqs", "1.0", "AmazonSQS.CreateQueue", """{"QueueName": "patches"}""");
        await using var source = new FakeNpmSource();
        using var home = new ClientHome();
        var application = home.Project("app");
        var execution = new TaskCompletionSource();
        // moto has pipelines and does not start them. Like the service, this one answers before the execution begins.
        await using var pipelines = new EventReceiver(_ => Task.FromResult(execution.TrySetResult() ? 200 : 400));
        await using var server = await GranaryServer.StartAsync(new Dictionary<string, string>(EventServer.Settings(source))
        {
            ["Events__Endpoints__sqs"] = moto.Address.ToString(),
            ["Events__Endpoints__codepipeline"] = pipelines.Address.ToString(),
            ["Events__AccessKeyId"] = "AKIAEXAMPLE",
            ["Events__SecretAccessKey"] = "of-the-test",
        });
        var aws = new AwsCli(server, home);
        home.LogIn(server.Npm(), await aws.TokenAsync());
        var patched = PackageFolder.ToPublish(home, "@acme/left", "1.0.0");
        (await home.NpmAsync(patched, "publish")).MustSucceed();
        await WriteApplicationAsync(application);
        var events = aws.Of("events");
        await EventServer.PutRuleAsync(events, "queue", Pattern, "arn:aws:sqs:us-west-2:123456789012:patches");
        await EventServer.PutRuleAsync(
            events, "pipeline", Pattern.Replace("\"detail\": {", "\"detail\": { \"packageName\": [\"left\"],", StringComparison.Ordinal),
            "arn:aws:codepipeline:us-west-2:123456789012:app", ""","RoleArn":"arn:aws:iam::123456789012:role/starts-pipelines" """);

        PackageFolder.Fill(patched, "@acme/left", "1.0.1");
        (await home.NpmAsync(patched, "publish")).MustSucceed();
        await execution.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await BuildAsync(home, application);

        var started = Assert.Single(pipelines.Taken);
        Assert.Equal("CodePipeline_20150709.StartPipelineExecution", started.Headers["X-Amz-Target"]);
        Assert.Equal("app", (string?)started.Event["name"]);
        Assert.StartsWith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/", started.Headers["Authorization"], StringComparison.Ordinal);
        var waiting = new List<string>();
        await Patience.UntilAsync(
            async () =>
            {
                waiting.AddRange((await moto.ReceiveAsync("patches")).Select(m => (string)m!["Body"]!));
                return waiting.Count >= 2;
            },
            TimeSpan.FromMinutes(1));
        var told = waiting.Select(m => JsonNode.Parse(m)!["detail"]!).Select(d => ((string?)d["packageName"], (string?)d["packageVersion"], (string?)d["state"])).Distinct();
        Assert.Equal([("app", "1.0.1", "Published"), ("left", "1.0.1", "Published")], told.Order());
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

    private static Task WriteApplicationAsync(string folder) => File.WriteAllTextAsync(
        Path.Combine(folder, "package.json"),
        """{"name":"@acme/app","version":"1.0.0","dependencies":{"@acme/left":"^1.0.0"},"scripts":{"build":"node -e \"require('fs').writeFileSync('built', require('@acme/left'))\""},"files":["built"]}""");

    /// <summary>What the rule starts: the build, as the buildspec of docs/ci.md has it.</summary>
    private static async Task BuildAsync(ClientHome home, string application) =>
        (await Command.RunAsync("bash", ["-euc", "npm version patch --no-git-tag-version && npm install && npm run build && npm publish"], application, home.Environment)).MustSucceed();
}
