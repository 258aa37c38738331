using System.Net;
using System.Text;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>SIGTERM in the middle of everything, at a single server.</summary>
public sealed class StopTests
{
    private const string Repository = "my-repo";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_has_begun_is_finished_and_what_was_acknowledged_is_there()
    {
        await using var source = new FakeNpmSource();
        await using var server = await StartAsync(source, delay: "1s", limit: "20s");
        using var home = new ClientHome();
        var token = await new AwsCli(server, home).TokenAsync();
        var large = new PublishDocument("large", "1.0.0", Large("large", 12 << 20));
        var first = new Publishers("first", token, Repository, () => server);
        Assert.True(await first.PublishAsync(server, large));
        var publishers = new Publishers("p", token, Repository, () => server);
        using var over = new CancellationTokenSource();
        var publishing = publishers.RunAsync(4, over.Token);
        await Patience.UntilAsync(() => publishers.Acknowledged.Count > 20, TimeSpan.FromSeconds(60));
        var (upload, download) = (new PublishDocument("slow", "1.0.0"), server.Request(HttpMethod.Get, "large/-/large-1.0.0.tgz", token));
        var uploading = PublishSlowlyAsync(server, token, upload, TimeSpan.FromSeconds(4));
        var downloading = ReadSlowlyAsync(server, download, large.Tarball.Length, TimeSpan.FromSeconds(4));
        await Task.Delay(TimeSpan.FromSeconds(1), Cancellation);

        var stopping = server.StopAsync("TERM");
        await Patience.UntilAsync(async () => (await HealthAsync(server, "ready")).Status is HttpStatusCode.ServiceUnavailable);
        // Not ready, and yet it answers, and whoever comes is sent elsewhere for the next request.
        var alive = await HealthAsync(server, "live");
        Assert.True(alive is { Status: HttpStatusCode.OK, Headers.ConnectionClose: true }, alive.ToString());
        var (took, code) = await stopping;
        await over.CancelAsync();
        await publishing;

        Assert.Equal(0, code);
        Assert.InRange(took, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1 + 20));
        (await uploading).Must(HttpStatusCode.Created);
        Assert.Equal(large.Tarball.Length, (await downloading).Length);
        Assert.Equal(large.Tarball, await downloading);
        Assert.Empty(publishers.Wrong);

        await server.StartAgainAsync();
        await publishers.SettleAsync(server);
        await publishers.MustBeThereAsync([server]);
        using var back = server.Request(HttpMethod.Get, "slow/-/slow-1.0.0.tgz", token);
        Assert.Equal(upload.Tarball, (await server.SendAsync(back)).Must(HttpStatusCode.OK).Body);
    }

    [Fact]
    public async Task What_takes_longer_than_the_limit_is_broken_off_and_leaves_nothing()
    {
        await using var source = new FakeNpmSource();
        await using var server = await StartAsync(source, delay: "0", limit: "1s");
        using var home = new ClientHome();
        var token = await new AwsCli(server, home).TokenAsync();
        // Larger than what is held in memory, so that it is seen on the disk.
        var uploading = PublishSlowlyAsync(server, token, new PublishDocument("slow", "1.0.0", Large("slow", 4 << 20)), TimeSpan.FromSeconds(60));
        var incoming = Path.Combine(server.DataDirectory, "storage", "incoming");
        await Patience.UntilAsync(() => Directory.EnumerateFiles(incoming).Any(), TimeSpan.FromSeconds(60));

        var (took, code) = await server.StopAsync("TERM");

        Assert.Equal(0, code);
        Assert.InRange(took, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(4));
        await Assert.ThrowsAsync<HttpRequestException>(() => uploading);
        await server.StartAgainAsync();
        using var listing = server.Request(HttpMethod.Get, "slow", token);
        (await server.SendAsync(listing)).Must(HttpStatusCode.NotFound);
        Assert.Empty(Directory.EnumerateFiles(incoming));
    }

    private static byte[] Large(string name, int bytes) =>
        Tarball.Of(("package/package.json", $$"""{"name":"{{name}}","version":"1.0.0"}"""), ("package/noise.txt", Convert.ToHexString(Tarball.Noise(bytes))));

    private static Task<GranaryServer> StartAsync(FakeNpmSource source, string delay, string limit) => GranaryServer.StartAsync(new Dictionary<string, string>
    {
        ["ExternalConnections__public__npmjs"] = source.Address.ToString(),
        ["Shutdown__Delay"] = delay,
        ["Shutdown__Limit"] = limit,
    });

    private static async Task<Answer> PublishSlowlyAsync(GranaryServer server, string token, PublishDocument document, TimeSpan time)
    {
        using var request = server.Request(HttpMethod.Put, document.Name, token);
        request.Content = new SlowBody(Encoding.UTF8.GetBytes(document.Root.ToJsonString()), time);
        return await server.SendAsync(request);
    }

    private static async Task<byte[]> ReadSlowlyAsync(GranaryServer server, HttpRequestMessage request, long length, TimeSpan time)
    {
        using var answer = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        return await SlowBody.ReadAsync(await answer.Content.ReadAsStreamAsync(Cancellation), length, time);
    }

    private static async Task<Answer> HealthAsync(GranaryServer server, string what)
    {
        using var request = server.Request(HttpMethod.Get, $"health/{what}", null, server.Http);
        return await server.SendAsync(request);
    }
}
