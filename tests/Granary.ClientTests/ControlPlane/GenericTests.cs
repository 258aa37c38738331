using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.ControlPlane;

/// <summary>Generic packages by the AWS CLI, which sends the bytes as they are.</summary>
public sealed class GenericTests(SharedServer shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_asset_goes_up_and_comes_down_unchanged(bool https)
    {
        var package = SharedServer.Fresh("tool");
        using var folder = new TempDirectory("generic");
        var (file, digest) = Make(folder, "tool.tar.gz", 3_000_001);
        string[] over = https ? ["--endpoint-url", shared.Server.Https.ToString(), "--ca-bundle", shared.Server.AuthorityFile] : [];

        var published = await PublishAsync(package, "1.0.0", file, digest, "tool.tar.gz", over);
        Assert.Equal("Published", published["status"]!.GetValue<string>());
        Assert.Equal(digest, published["asset"]!["hashes"]!["SHA-256"]!.GetValue<string>());

        var back = Path.Combine(folder.Path, "back");
        var got = await shared.Aws.RunAsync(["get-package-version-asset", .. Version(package, "1.0.0"), "--asset", "tool.tar.gz", back, .. over]);
        Assert.Equal(published["versionRevision"]!.GetValue<string>(), got["packageVersionRevision"]!.GetValue<string>());
        Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(back));
    }

    [Fact]
    public async Task A_download_goes_on_where_it_broke_off()
    {
        var package = SharedServer.Fresh("resumed");
        using var folder = new TempDirectory("generic");
        var (file, digest) = Make(folder, "tool", 3_000_001);
        await PublishAsync(package, "1.0.0", file, digest, "tool");
        var bytes = await File.ReadAllBytesAsync(file, Cancellation);

        var rest = (await GetAsync(("Range", "bytes=2000000-"))).Must(HttpStatusCode.PartialContent);
        Assert.Equal(bytes[2_000_000..], rest.Body);
        Assert.Equal("bytes 2000000-3000000/3000001", rest.ContentHeaders.ContentRange!.ToString());
        (await GetAsync(("Range", "bytes=3000001-"))).Must(HttpStatusCode.RequestedRangeNotSatisfiable);
        Assert.Equal(bytes, (await GetAsync(("Range", "bytes=5-"), ("If-Range", "\"another\""))).Must(HttpStatusCode.OK).Body);
        (await GetAsync(("If-None-Match", rest.Headers.ETag!.ToString()))).Must(HttpStatusCode.NotModified);

        Task<Answer> GetAsync(params (string Name, string Value)[] headers) =>
            new SignedRequest(shared.Server) { Unsigned = headers.ToDictionary(header => header.Name, header => header.Value) }.SendAsync(
                HttpMethod.Get, "/v1/package/version/asset",
                $"asset=tool&domain={GranaryServer.Domain}&format=generic&namespace=acme&package={package}&repository={GranaryServer.Repository}&version=1.0.0");
    }

    [Fact]
    public async Task Several_assets_are_gathered_before_the_version_is_published()
    {
        var package = SharedServer.Fresh("suite");
        using var folder = new TempDirectory("generic");
        foreach (var name in new[] { "linux.zip", "mac.zip", "windows.zip" })
        {
            var (file, digest) = Make(folder, name, 1000);
            var unfinished = name == "windows.zip" ? Array.Empty<string>() : ["--unfinished"];
            var published = await PublishAsync(package, "2.0", file, digest, name, unfinished);
            Assert.Equal(unfinished.Length == 0 ? "Published" : "Unfinished", published["status"]!.GetValue<string>());
        }

        var assets = (await shared.Aws.RunAsync(["list-package-version-assets", .. Version(package, "2.0")]))["assets"]!.AsArray();
        Assert.Equal(["linux.zip", "mac.zip", "windows.zip"], assets.Select(a => a!["name"]!.GetValue<string>()));
        var (late, lateDigest) = Make(folder, "late.zip", 10);
        await shared.Aws.RefusedAsync("ConflictException", Arguments(package, "2.0", late, lateDigest, "late.zip"));
        await shared.Aws.RefusedAsync("ValidationException", Arguments(package, "3.0", late, new string('0', 64), "late.zip"));
        await shared.Aws.RefusedAsync("ResourceNotFoundException", ["describe-package-version", .. Version(package, "3.0")]);
    }

    [Fact]
    public async Task A_large_asset_passes_through_little_memory()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();
        var aws = new AwsCli(server, home);
        using var folder = new TempDirectory("generic");
        var (small, smallDigest) = Make(folder, "small", 1000);
        await aws.RunAsync(Arguments("tool", "0", small, smallDigest, "small"));
        var (file, digest) = Make(folder, "large", 400 << 20);

        var before = Memory.Mark(server.ProcessId);
        await aws.RunAsync(Arguments("tool", "1", file, digest, "large"));
        await aws.RunAsync(["get-package-version-asset", .. Version("tool", "1"), "--asset", "large", Path.Combine(folder.Path, "back")]);
        var peak = Memory.Peak(server.ProcessId);

        Assert.True(peak - before < 64 << 20, $"It took {(peak - before) >> 20} MiB.");
        await using var back = File.OpenRead(Path.Combine(folder.Path, "back"));
        Assert.Equal(digest, Convert.ToHexStringLower(await SHA256.HashDataAsync(back, Cancellation)));
    }

    [Fact]
    public async Task An_upload_that_breaks_off_or_a_server_that_is_killed_leaves_nothing_to_see()
    {
        await using var source = new FakeNpmSource();
        await using var server = await GranaryServer.StartAsync(source);
        using var home = new ClientHome();
        var aws = new AwsCli(server, home);
        var content = new byte[1 << 20];
        var signed = new SignedRequest(server).Head(
            HttpMethod.Post, "/v1/package/version/publish", "asset=a&domain=my-domain&format=generic&namespace=acme&package=tool&repository=my-repo&version=1", content);

        foreach (var kill in new[] { false, true })
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(server.Http.Host, server.Http.Port, Cancellation);
            var stream = socket.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{signed}Content-Length: {content.Length}\r\n\r\n"), Cancellation);
            await stream.WriteAsync(content.AsMemory(0, content.Length - 1), Cancellation);
            if (kill)
            {
                await Patience.UntilAsync(() => Directory.EnumerateFiles(Path.Combine(server.DataDirectory, "storage", "incoming")).Any());
                await server.KillAsync();
                await server.StartAgainAsync();
            }
        }

        await Patience.UntilAsync(() => !Directory.EnumerateFiles(Path.Combine(server.DataDirectory, "storage", "incoming")).Any());
        await aws.RefusedAsync("ResourceNotFoundException", ["describe-package", .. Package("tool")]);
    }

    [Fact]
    public async Task Whoever_may_not_publish_is_told_before_the_bytes_are_sent()
    {
        var package = SharedServer.Fresh("walled");
        await shared.Aws.RunAsync(
            ["put-package-origin-configuration", .. Package(package), "--restrictions", "publish=BLOCK,upstream=BLOCK"]);
        var content = new byte[8 << 20];
        var signed = new SignedRequest(shared.Server).Head(
            HttpMethod.Post, "/v1/package/version/publish",
            $"asset=a&domain=my-domain&format=generic&namespace=acme&package={package}&repository=my-repo&version=1", content);

        using var socket = new TcpClient();
        await socket.ConnectAsync(shared.Server.Http.Host, shared.Server.Http.Port, Cancellation);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{signed}Expect: 100-continue\r\nContent-Length: {content.Length}\r\n\r\n"), Cancellation);
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 403", await reader.ReadLineAsync(Cancellation), StringComparison.Ordinal);
    }

    private static (string File, string Digest) Make(TempDirectory folder, string name, int length)
    {
        var file = Path.Combine(folder.Path, name);
        var random = new Random(length);
        var piece = new byte[1 << 20];
        using var stream = File.Create(file);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var rest = length; rest > 0; rest -= piece.Length)
        {
            random.NextBytes(piece);
            var bytes = piece.AsSpan(0, Math.Min(rest, piece.Length));
            stream.Write(bytes);
            hash.AppendData(bytes);
        }

        return (file, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private Task<JsonNode> PublishAsync(string package, string version, string file, string digest, string asset, params string[] more) =>
        shared.Aws.RunAsync(Arguments(package, version, file, digest, asset, more));

    private static string[] Arguments(string package, string version, string file, string digest, string asset, params string[] more) =>
        ["publish-package-version", .. Version(package, version), "--asset-name", asset, "--asset-content", file, "--asset-sha256", digest, .. more];

    private static string[] Package(string package) =>
        ["--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository, "--format", "generic", "--namespace", "acme", "--package", package];

    private static string[] Version(string package, string version) => [.. Package(package), "--package-version", version];
}
