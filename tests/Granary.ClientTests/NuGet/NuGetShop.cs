using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.NuGet;

[CollectionDefinition(Name)]
public sealed class NuGetCollection : ICollectionFixture<NuGetShop>
{
    public const string Name = "NuGet";
}

/// <summary>One server and one public source for the tests of NuGet; each takes ids or repositories of its own.</summary>
public sealed class NuGetShop : IAsyncLifetime
{
    public const string Connection = "public:nuget-org";

    private readonly ClientHome _home = new();

    public FakeNuGetSource Source { get; } = new() { PageSize = 5 };

    public GranaryServer Server { get; private set; } = null!;

    public AwsCli Aws { get; private set; } = null!;

    public string Token { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Source.SwitchOnAsync();
        Server = await GranaryServer.StartAsync(new Dictionary<string, string> { ["ExternalConnections__public__nuget-org"] = Source.Address.ToString() });
        Aws = new AwsCli(Server, _home);
        Token = await Aws.TokenAsync();
    }

    /// <summary>A repository of its own below one that is connected to the public source.</summary>
    public async Task<string> ConnectedAsync()
    {
        var store = await Aws.CreateRepositoryAsync(SharedServer.Fresh("nuget-store"));
        await Aws.RunAsync("associate-external-connection", "--domain", GranaryServer.Domain, "--repository", store, "--external-connection", Connection);
        return await Aws.CreateRepositoryAsync(SharedServer.Fresh("nuget-shop"), store);
    }

    public Uri Index(string repository = GranaryServer.Repository, bool https = false) =>
        new(https ? Server.Https : Server.Http, $"nuget/d/{GranaryServer.Domain}-{GranaryServer.Account}/{repository}/v3/index.json");

    /// <summary>A home whose dotnet uses a repository.</summary>
    public NuGetHome Home(string repository = GranaryServer.Repository, string? token = null)
    {
        var home = new NuGetHome();
        home.Use(Index(repository), token ?? Token);
        return home;
    }

    public async Task<Answer> GetAsync(string path, string repository = GranaryServer.Repository)
    {
        using var request = Server.Request(HttpMethod.Get, path, Token, Index(repository));
        return await Server.SendAsync(request);
    }

    /// <summary>Pushes without a client.</summary>
    public async Task<Answer> PushAsync(byte[] package, string repository = GranaryServer.Repository)
    {
        using var request = Server.Request(HttpMethod.Put, "package", null, Index(repository));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"aws:{Token}")));
        request.Content = new MultipartFormDataContent { { new ByteArrayContent(package), "package", "package.nupkg" } };
        return await Server.SendAsync(request);
    }

    public async Task PublishAsync(string id, string version, string metadata = "", string repository = GranaryServer.Repository) =>
        (await PushAsync(NuGetFile.Package(id, version, metadata), repository)).Must(HttpStatusCode.Created);

    public Task SetStatusAsync(string id, string version, string status, string repository = GranaryServer.Repository) => Aws.RunAsync(
        "update-package-versions-status", "--domain", GranaryServer.Domain, "--repository", repository, "--format", "nuget", "--package", id, "--versions", version, "--target-status", status);

    public async ValueTask DisposeAsync()
    {
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
