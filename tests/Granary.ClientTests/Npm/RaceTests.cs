using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Npm;

public sealed class RaceTests(SharedServer shared)
{
    [Fact]
    public async Task Of_two_publishes_of_one_version_exactly_one_wins_fifty_times()
    {
        for (var round = 0; round < 50; round++)
        {
            var name = $"@{SharedServer.Fresh("race")}/lib";
            PublishDocument[] rivals = [Document(name, "1.0.0", "first"), Document(name, "1.0.0", "second")];

            var answers = await Task.WhenAll(rivals.Select(rival => shared.TryPublishAsync(rival)));

            var won = answers.Select((answer, index) => (answer, index)).Where(a => a.answer.IsSuccess).ToArray();
            Assert.Single(won);
            Assert.Equal(HttpStatusCode.Conflict, answers[1 - won[0].index].Status);
            var tarball = await shared.GetAsync($"{name}/-/lib-1.0.0.tgz");
            Assert.Equal(rivals[won[0].index].Tarball, tarball.Must(HttpStatusCode.OK).Body);
            var integrity = (await shared.PackumentAsync(name))["versions"]!["1.0.0"]!["dist"]!["integrity"]!.GetValue<string>();
            Assert.Equal(Tarball.Integrity(rivals[won[0].index].Tarball), integrity);
        }
    }

    [Fact]
    public async Task Whoever_loses_a_race_leaves_no_bytes_behind()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();
        var token = await new AwsCli(server, home).TokenAsync();

        for (var round = 1; round <= 20; round++)
        {
            var name = $"race-{round}";

            var answers = await Task.WhenAll(PublishAsync(Document(name, "1.0.0", "first")), PublishAsync(Document(name, "1.0.0", "second")));

            Assert.Single(answers, answer => answer.IsSuccess);
            var assets = Path.Combine(server.DataDirectory, "storage", "assets");
            Assert.Equal(round, Directory.EnumerateFiles(assets, "*", SearchOption.AllDirectories).Count());
        }

        async Task<Answer> PublishAsync(PublishDocument document)
        {
            using var request = server.Request(HttpMethod.Put, document.Name, token);
            request.Content = PublishDocument.ContentOf(document.Root.ToJsonString());
            return await server.SendAsync(request);
        }
    }

    [Fact]
    public async Task Thirty_two_different_versions_published_at_once_are_all_listed()
    {
        var name = $"@{SharedServer.Fresh("crowd")}/lib";
        var documents = Enumerable.Range(0, 32).Select(i => Document(name, $"1.0.{i}", $"{i}")).ToArray();

        var answers = await Task.WhenAll(documents.Select(document => shared.TryPublishAsync(document)));

        Assert.All(answers, answer => Assert.True(answer.IsSuccess, answer.ToString()));
        Assert.Equal(32, (await shared.PackumentAsync(name))["versions"]!.AsObject().Count);
    }

    [Fact]
    public async Task A_version_is_in_the_next_listing_after_its_publish_however_many_are_reading()
    {
        var name = $"@{SharedServer.Fresh("nextlisting")}/lib";
        await shared.PublishAsync(new PublishDocument(name, "1.0.0"));
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 8).Select(async _ =>
        {
            while (!done.IsCancellationRequested)
            {
                await shared.PackumentAsync(name);
            }
        }).ToArray();

        for (var patch = 1; patch <= 100; patch++)
        {
            await shared.PublishAsync(Document(name, $"1.0.{patch}", $"{patch}"));
            Assert.True((await shared.PackumentAsync(name))["versions"]!.AsObject().ContainsKey($"1.0.{patch}"), $"1.0.{patch} was acknowledged and is not listed");
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task Two_hundred_clients_of_one_uncached_tarball_cost_one_request_upstream()
    {
        var package = new FakePackage(SharedServer.Fresh("herd")).With("1.0.0", version => version.Padding = 2_000_000);
        shared.Source.Add(package);
        var path = package.TarballPath("1.0.0");
        var gate = new TaskCompletionSource();
        shared.Source.Script(path, Behaviours.After(gate.Task));

        var waiting = Enumerable.Range(0, 200).Select(_ => DownloadAsync(path[1..])).ToArray();
        await Patience.LetArriveAsync(TimeSpan.FromSeconds(2));
        gate.SetResult();
        var bodies = await Task.WhenAll(waiting);

        Assert.All(bodies, body => Assert.Equal(Tarball.Shasum(package.Versions[0].Bytes), body));
        Assert.Equal(1, shared.Source.Count(path));
    }

    [Fact]
    public async Task Fifty_clients_of_one_unknown_packument_cost_one_request_upstream()
    {
        var name = SharedServer.Fresh("packumentherd");
        shared.Source.Add(name);
        var gate = new TaskCompletionSource();
        shared.Source.Script("/" + name, Behaviours.After(gate.Task));

        var waiting = Enumerable.Range(0, 50).Select(_ => shared.StatusAsync(name)).ToArray();
        await Patience.LetArriveAsync(TimeSpan.FromSeconds(1));
        gate.SetResult();

        Assert.All(await Task.WhenAll(waiting), status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal(1, shared.Source.Count("/" + name));
    }

    [Fact]
    public async Task The_others_still_get_the_tarball_when_the_first_who_asked_goes_away()
    {
        var package = new FakePackage(SharedServer.Fresh("leader")).With("1.0.0", version => version.Padding = 500_000);
        shared.Source.Add(package);
        var path = package.TarballPath("1.0.0");
        shared.Source.Script(path, Behaviours.Slowly(package.Versions[0].Bytes, 10, TimeSpan.FromMilliseconds(150)));

        using var impatient = new CancellationTokenSource();
        using var request = shared.Request(HttpMethod.Get, path[1..]);
        var leader = Answer.ReadAsync(shared.Server.Client, request, impatient.Token);
        await Patience.UntilAsync(() => shared.Source.Count(path) == 1);
        var others = Enumerable.Range(0, 5).Select(_ => DownloadAsync(path[1..])).ToArray();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);

        Assert.All(await Task.WhenAll(others), body => Assert.Equal(Tarball.Shasum(package.Versions[0].Bytes), body));
        Assert.Equal(1, shared.Source.Count(path));
    }

    private async Task<string> DownloadAsync(string path) => Tarball.Shasum((await shared.GetAsync(path)).Must(HttpStatusCode.OK).Body);

    private static PublishDocument Document(string name, string version, string extra)
    {
        var manifest = new System.Text.Json.Nodes.JsonObject { ["name"] = name, ["version"] = version };
        return new PublishDocument(name, version, PublishDocument.TarballFor(manifest, extra), manifest);
    }
}
