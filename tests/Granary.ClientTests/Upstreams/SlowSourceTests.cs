using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Upstreams;

/// <summary>A source that is slow with some requests does not make the others slow.</summary>
public sealed class SlowSourceTests
{
    // The server asks one source for 64 tarballs at a time.
    [Fact]
    public async Task Seventy_downloads_that_hang_keep_no_packument_from_answering()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();
        var token = await new AwsCli(server, home).TokenAsync();
        var package = source.Add("crowded", [.. Enumerable.Range(0, 70).Select(i => $"1.0.{i}")]);
        string[] tarballs = [.. package.Versions.Select(version => package.TarballPath(version.Version))];
        var other = source.Add("other");
        var gate = new TaskCompletionSource();
        Array.ForEach(tarballs, path => source.Script(path, Behaviours.After(gate.Task)));

        var waiting = tarballs.Select(path => GetAsync(path[1..])).ToArray();
        await Patience.UntilAsync(() => tarballs.Sum(source.Count) >= 64, TimeSpan.FromSeconds(30));
        var packument = await GetAsync(other.Name);
        var ended = waiting.Count(download => download.IsCompleted);
        gate.SetResult();
        var answers = await Task.WhenAll(waiting);

        packument.Must(HttpStatusCode.OK);
        Assert.Equal(0, ended);
        Assert.All(answers, answer => answer.Must(HttpStatusCode.OK));
        Assert.Equal(package.Versions.Select(version => version.Bytes), answers.Select(answer => answer.Body));

        async Task<Answer> GetAsync(string path)
        {
            using var request = server.Request(HttpMethod.Get, path, token);
            return await server.SendAsync(request);
        }
    }
}
