using System.Net.Http.Headers;
using System.Text;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Maven;

/// <summary>A server whose public Maven source is Debian's; <c>shop</c> takes from <c>store</c>, which is connected to it. <c>own</c> takes from nobody.</summary>
public sealed class MavenServer : IAsyncLifetime
{
    private readonly ClientHome home = new();

    public FakeMavenSource Source { get; } = new();

    public GranaryServer Server { get; private set; } = null!;

    public AwsCli Aws { get; private set; } = null!;

    public string Token { get; private set; } = null!;

    public Uri Own => At("own");

    public Uri Shop => At("shop");

    public Uri At(string repository) => new(Server.Http, $"maven/d/{GranaryServer.Domain}-{GranaryServer.Account}/{repository}/");

    public async ValueTask InitializeAsync()
    {
        Server = await GranaryServer.StartAsync(new Dictionary<string, string> { ["ExternalConnections__public__maven-central"] = Source.Address.ToString() });
        Aws = new AwsCli(Server, home);
        Token = await Aws.TokenAsync();
        await Aws.CreateRepositoryAsync("store");
        await Aws.CreateRepositoryAsync("shop", "store");
        await Aws.CreateRepositoryAsync("own");
        await Aws.RunAsync("associate-external-connection", "--domain", GranaryServer.Domain, "--repository", "store", "--external-connection", "public:maven-central");
    }

    /// <summary>Maven whose plugins come from the public source itself.</summary>
    public MavenClient Client(ClientHome at, string? token = null) => new(at, Source.Address, token ?? Token);

    public static string[] Version(string group, string artifact, string repository) =>
        ["--domain", GranaryServer.Domain, "--repository", repository, "--format", "maven", "--namespace", group, "--package", artifact];

    public Task<Answer> GetAsync(Uri repository, string path) => SendAsync(HttpMethod.Get, repository, path);

    public Task<Answer> PutAsync(Uri repository, string path, byte[] bytes) => SendAsync(HttpMethod.Put, repository, path, bytes);

    public async ValueTask DisposeAsync()
    {
        var bugs = Server?.ReadLog().Split('\n').Where(line => line.Contains("nobody foresaw", StringComparison.Ordinal)).ToArray() ?? [];
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        await Source.DisposeAsync();
        home.Dispose();
        Assert.Empty(bugs);
    }

    private async Task<Answer> SendAsync(HttpMethod method, Uri repository, string path, byte[]? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(repository, path)) { Content = body is null ? null : new ByteArrayContent(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"aws:{Token}")));
        return await Server.SendAsync(request);
    }
}
