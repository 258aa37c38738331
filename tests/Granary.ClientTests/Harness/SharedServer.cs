using System.Net;
using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

[assembly: AssemblyFixture(typeof(SharedServer))]

namespace Granary.ClientTests.Harness;

/// <summary>
/// One server and one fake source for all tests that do not disturb each other: each takes package names, repositories or domains
/// of its own. Tests that stop, kill or starve a server start one for themselves.
/// </summary>
public sealed class SharedServer : IAsyncLifetime
{
    private static int _names;

    private readonly ClientHome _home = new();

    public FakeNpmSource Source { get; } = new();

    public GranaryServer Server { get; private set; } = null!;

    /// <summary>The CLI with the administrator's key.</summary>
    public AwsCli Aws { get; private set; } = null!;

    /// <summary>A token of the administrator for my-domain.</summary>
    public string Token { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await GranaryServer.StartAsync(Source);
        Aws = new AwsCli(Server, _home);
        Token = await Aws.TokenAsync();
    }

    /// <summary>A name that no other test of this run has.</summary>
    public static string Fresh(string stem) => $"{stem}-{Interlocked.Increment(ref _names)}";

    public HttpRequestMessage Request(HttpMethod method, string path, Uri? repository = null) =>
        Server.Request(method, path, Token, repository);

    public Task<Answer> SendAsync(HttpRequestMessage request) => Server.SendAsync(request);

    public async Task<Answer> GetAsync(string path, string? accept = null, Uri? repository = null)
    {
        using var request = Request(HttpMethod.Get, path, repository);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        return await SendAsync(request);
    }

    public async Task<HttpStatusCode> StatusAsync(string path, Uri? repository = null) => (await GetAsync(path, repository: repository)).Status;

    public async Task<JsonObject> PackumentAsync(string name, Uri? repository = null) =>
        (await GetAsync(Uri.EscapeDataString(name), repository: repository)).Must(HttpStatusCode.OK).Json;

    /// <summary>Publishes without a client and must succeed.</summary>
    public async Task PublishAsync(PublishDocument document, Uri? repository = null)
    {
        var answer = await TryPublishAsync(document, repository);
        Assert.True(answer.IsSuccess, answer.ToString());
    }

    public Task<Answer> TryPublishAsync(PublishDocument document, Uri? repository = null) =>
        PutAsync(Uri.EscapeDataString(document.Name), document.Root.ToJsonString(), repository);

    public async Task<Answer> PutAsync(string path, string json, Uri? repository = null)
    {
        using var request = Request(HttpMethod.Put, path, repository);
        request.Content = PublishDocument.ContentOf(json);
        return await SendAsync(request);
    }

    /// <summary>A home whose npm is logged in to my-repo, or to another repository.</summary>
    public ClientHome LoggedIn(Uri? repository = null)
    {
        var home = new ClientHome();
        home.LogIn(repository ?? Server.Npm(), Token);
        return home;
    }

    public async ValueTask DisposeAsync()
    {
        // Whatever the tests sent, nothing of it may be an error of the server's own.
        var bugs = Server?.ReadLog().Split('\n').Where(line => line.Contains("nobody foresaw", StringComparison.Ordinal)).ToArray() ?? [];
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        await Source.DisposeAsync();
        _home.Dispose();
        Assert.Empty(bugs);
    }
}
