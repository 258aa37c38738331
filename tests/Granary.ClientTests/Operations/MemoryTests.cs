using System.Net;
using System.Security.Cryptography;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>JS-5: what passes through the server does not stay in its memory.</summary>
public sealed class MemoryTests
{
    private const long Most = 64L << 20;

    [Fact]
    public async Task A_tarball_of_500_megabytes_is_published_fetched_and_downloaded_in_little_memory()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();
        var token = await new AwsCli(server, home).TokenAsync();
        using var package = new LargePackage("large", 500L << 20);

        // What every first request costs (compiled code, pools, connections) is no part of what a large one costs.
        using (var small = server.Request(HttpMethod.Put, "small", token))
        {
            small.Content = PublishDocument.ContentOf(new PublishDocument("small", "1.0.0").Root.ToJsonString());
            Assert.True((await server.SendAsync(small)).IsSuccess);
        }

        await MustStayWithinAsync(server, "publish", async () =>
        {
            using var request = server.Request(HttpMethod.Put, "large", token);
            request.Content = package.Document();
            Assert.Equal(HttpStatusCode.Created, (await server.SendAsync(request)).Status);
        });
        await MustStayWithinAsync(server, "download", () => MustDownloadAsync(server, token, "large/-/large-1.0.0.tgz", package));

        var distant = new PublishDocument("distant", "1.0.0").Root;
        distant["versions"]!["1.0.0"]!["dist"]!["tarball"] = $"{source.Address}distant/-/distant-1.0.0.tgz";
        distant["versions"]!["1.0.0"]!["dist"]!["integrity"] = package.Integrity;
        distant["versions"]!["1.0.0"]!["dist"]!.AsObject().Remove("shasum");
        distant.Remove("_attachments");
        source.Script("/distant", exchange => exchange.SendPackumentAsync(distant));
        source.Script("/distant/-/distant-1.0.0.tgz", async exchange =>
        {
            await exchange.HeadAsync(200, $"Content-Length: {package.Length}");
            await using var file = File.OpenRead(package.File);
            await file.CopyToAsync(exchange.Stream);
        });
        await MustStayWithinAsync(server, "fetch", () => MustDownloadAsync(server, token, "distant/-/distant-1.0.0.tgz", package));
    }

    [Fact]
    public async Task Sixty_four_publishes_of_ten_megabytes_at_once_share_little_memory()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();
        var token = await new AwsCli(server, home).TokenAsync();
        var packages = Enumerable.Range(0, 64).Select(i => new LargePackage($"crowd-{i}", 10 << 20)).ToArray();

        try
        {
            await MustStayWithinAsync(server, "crowd", () => Task.WhenAll(packages.Select(PublishAsync)), 256L << 20);
        }
        finally
        {
            Array.ForEach(packages, package => package.Dispose());
        }

        async Task PublishAsync(LargePackage package)
        {
            using var request = server.Request(HttpMethod.Put, package.Name, token);
            request.Content = package.Document();
            Assert.Equal(HttpStatusCode.Created, (await server.SendAsync(request)).Status);
        }
    }

    private static async Task MustStayWithinAsync(GranaryServer server, string what, Func<Task> work, long most = Most)
    {
        var before = Memory.Mark(server.ProcessId);
        await work();
        var risen = Memory.Peak(server.ProcessId) - before;
        Assert.True(risen < most, $"the {what} took {risen >> 20} MB on top of {before >> 20} MB");
    }

    private static async Task MustDownloadAsync(GranaryServer server, string token, string path, LargePackage package)
    {
        using var request = server.Request(HttpMethod.Get, path, token);
        using var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using var body = await response.Content.ReadAsStreamAsync();
        Assert.Equal(package.Integrity, "sha512-" + Convert.ToBase64String(await SHA512.HashDataAsync(body)));
    }
}
