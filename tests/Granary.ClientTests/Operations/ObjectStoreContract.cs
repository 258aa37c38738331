using System.Net;
using System.Security.Cryptography;
using Granary.ClientTests.Clients;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Operations;

/// <summary>A server whose assets lie in an object store. A store is one subclass.</summary>
public abstract class ObjectStoreContract : IAsyncLifetime
{
    private const string Prefix = "granary/";

    private readonly ClientHome home = new();
    private readonly TempDirectory folder = new("store");
    private readonly FakeNpmSource source = new();
    private ITestStore store = null!;
    private string place = "";
    private GranaryServer server = null!;
    private AwsCli aws = null!;
    private string token = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        try
        {
            store = await StartStoreAsync();
            place = await store.CreateAsync();
            server = await GranaryServer.StartAsync(Settings(), await ArgumentsAsync());
            aws = new AwsCli(server, home);
            token = await aws.TokenAsync();
            home.LogIn(server.Npm(), token);
        }
        catch
        {
            // Nobody disposes what did not come to its start.
            await DisposeAsync();
            throw;
        }
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }

        if (store is not null)
        {
            await store.DisposeAsync();
        }

        await source.DisposeAsync();
        home.Dispose();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract Task<ITestStore> StartStoreAsync();

    /// <summary>What the server is started with.</summary>
    protected virtual Task<string[]> ArgumentsAsync() => Task.FromResult<string[]>([]);

    [Fact]
    public async Task What_clients_publish_lies_in_the_store_alone_and_comes_back_whole_and_in_parts()
    {
        (await home.NpmAsync(PackageFolder.ToPublish(home, "pear"), "publish")).MustSucceed();
        var project = PackageFolder.ToInstall(home, "project", "pear");
        (await home.NpmAsync(project, "install")).MustSucceed();
        PackageFolder.MustHold(project, "pear", "1.0.0");

        var (file, bytes) = (Path.Combine(folder.Path, "disk.img"), RandomNumberGenerator.GetBytes((40 << 20) + 7));
        await File.WriteAllBytesAsync(file, bytes, Cancellation);
        await aws.RunAsync(["publish-package-version", .. Disk, "--asset-name", "disk.img", "--asset-content", file, "--asset-sha256", Digest(bytes)]);
        var back = Path.Combine(folder.Path, "back.img");
        await aws.RunAsync(["get-package-version-asset", .. Disk, "--asset", "disk.img", back]);
        Assert.Equal(Digest(bytes), Digest(await File.ReadAllBytesAsync(back, Cancellation)));
        Assert.Equal(bytes[16_777_000..16_778_000], (await GetDiskAsync("bytes=16777000-16777999")).Must(HttpStatusCode.PartialContent).Body);
        Assert.Equal(bytes[^5..], (await GetDiskAsync("bytes=-5")).Must(HttpStatusCode.PartialContent).Body);

        var kept = await store.ListAsync(place, Prefix);
        Assert.Equal(2, kept.Count);
        Assert.False(Directory.Exists(Path.Combine(server.DataDirectory, "storage")));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(server.DataDirectory, "incoming")));

        // One bit of the large asset rots: whoever fetches all of it is told, by an end that does not come.
        bytes[^1] ^= 1;
        await store.OverwriteAsync(place, kept.MaxBy(found => found.Length).Key, bytes);
        var rotten = await GetDiskAsync("bytes=0-");
        var whole = await GetDiskAsync(null);
        Assert.True(rotten.Cut && whole.Cut, $"{rotten.Status} {rotten.Cut} {whole.Status} {whole.Cut}");
        Assert.InRange(whole.Body.Length, 0, bytes.Length - 1024);
    }

    [Fact]
    public async Task Without_the_store_publishes_are_refused_the_rest_goes_on_and_nothing_has_to_be_started_again()
    {
        var (warm, cold) = (new PublishDocument("warm", "1.0.0"), new PublishDocument("cold", "1.0.0"));
        (await PublishAsync(warm)).Must(HttpStatusCode.Created);
        (await PublishAsync(cold)).Must(HttpStatusCode.Created);
        Assert.Equal(warm.Tarball, (await GetAsync("warm/-/warm-1.0.0.tgz")).Must(HttpStatusCode.OK).Body);

        await store.StopAsync();

        var refused = await PublishAsync(new PublishDocument("late", "1.0.0"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Contains("later", refused.Text, StringComparison.Ordinal);
        Assert.Equal(warm.Tarball, (await GetAsync("warm/-/warm-1.0.0.tgz")).Must(HttpStatusCode.OK).Body);
        (await GetAsync("cold")).Must(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync("cold/-/cold-1.0.0.tgz")).Status);
        (await GetAsync("late")).Must(HttpStatusCode.NotFound);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("health/ready", server.Http)).Status);

        await store.StartAgainAsync();

        (await PublishAsync(new PublishDocument("late", "1.0.0"))).Must(HttpStatusCode.Created);
        Assert.Equal(cold.Tarball, (await GetAsync("cold/-/cold-1.0.0.tgz")).Must(HttpStatusCode.OK).Body);

        // A node that starts without the store says so, and is not ready until it is there.
        await store.StopAsync();
        await server.KillAsync();
        var starting = server.StartAgainAsync();
        await Patience.UntilAsync(() => File.Exists(server.LogFile) && server.ReadLog().Contains("cannot be reached", StringComparison.Ordinal), TimeSpan.FromSeconds(60));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("health/live", server.Http)).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync("health/ready", server.Http)).Status);
        Assert.Contains($"Storage:{store.Section}:ServiceUrl", server.ReadLog(), StringComparison.Ordinal);
        await store.StartAgainAsync();
        await starting;
        Assert.Equal(cold.Tarball, (await GetAsync("cold/-/cold-1.0.0.tgz")).Must(HttpStatusCode.OK).Body);
        Assert.All(store.Secrets, secret => Assert.DoesNotContain(secret, server.ReadLog(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Large_assets_come_from_the_store_itself_where_that_is_set()
    {
        using var package = new LargePackage("large", 3 << 20);
        using (var request = server.Request(HttpMethod.Put, "large", token))
        {
            request.Content = package.Document();
            (await server.SendAsync(request)).Must(HttpStatusCode.Created);
        }

        (await PublishAsync(new PublishDocument("small", "1.0.0"))).Must(HttpStatusCode.Created);
        await server.StopAsync();
        await server.StartAgainAsync(new Dictionary<string, string> { [$"Storage__{store.Section}__Redirect"] = "true" });

        var answer = (await GetAsync("large/-/large-1.0.0.tgz")).Must(HttpStatusCode.TemporaryRedirect);
        Assert.Equal(store.Address.Authority, answer.Headers.Location!.Authority);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.DoesNotContain(token, answer.Headers.Location.AbsoluteUri, StringComparison.Ordinal);
        (await GetAsync("small/-/small-1.0.0.tgz")).Must(HttpStatusCode.OK);
        using (var head = server.Request(HttpMethod.Head, "large/-/large-1.0.0.tgz", token))
        using (var known = server.Request(HttpMethod.Get, "large/-/large-1.0.0.tgz", token))
        {
            var etag = (await server.SendAsync(head)).Must(HttpStatusCode.OK).Headers.ETag!;
            known.Headers.IfNoneMatch.Add(etag);
            (await server.SendAsync(known)).Must(HttpStatusCode.NotModified);
        }

        // To npm another port of the same name is no other host: it would send its token along, and the store refuses requests that have both.
        home.LogIn(new UriBuilder(server.Npm()) { Host = "localhost" }.Uri, token);
        var project = PackageFolder.ToInstall(home, "project", "large", "small");
        (await home.NpmAsync(project, "install")).MustSucceed();
        Assert.True(new FileInfo(Path.Combine(project, "node_modules", "large", "noise.bin")).Length >= 3 << 20);
    }

    private static string[] Disk =>
        ["--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository, "--format", "generic", "--namespace", "acme", "--package", "disk", "--package-version", "1.0.0"];

    private static string Digest(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private Dictionary<string, string> Settings()
    {
        var settings = store.Settings(place).ToDictionary(setting => $"Storage__{store.Section}__{setting.Key}", setting => setting.Value);
        settings["ExternalConnections__public__npmjs"] = source.Address.ToString();
        settings["Storage__Kind"] = store.Kind;
        settings[$"Storage__{store.Section}__Prefix"] = Prefix;
        return settings;
    }

    private Task<Answer> GetDiskAsync(string? range) =>
        new SignedRequest(server) { Unsigned = range is null ? [] : new Dictionary<string, string> { ["Range"] = range } }.SendAsync(
            HttpMethod.Get,
            "/v1/package/version/asset",
            $"asset=disk.img&domain={GranaryServer.Domain}&format=generic&namespace=acme&package=disk&repository={GranaryServer.Repository}&version=1.0.0");

    private async Task<Answer> PublishAsync(PublishDocument document)
    {
        using var request = server.Request(HttpMethod.Put, document.Name, token);
        request.Content = PublishDocument.ContentOf(document.Root.ToJsonString());
        return await server.SendAsync(request);
    }

    private async Task<Answer> GetAsync(string path, Uri? below = null)
    {
        using var request = server.Request(HttpMethod.Get, path, token, below);
        return await server.SendAsync(request);
    }
}
