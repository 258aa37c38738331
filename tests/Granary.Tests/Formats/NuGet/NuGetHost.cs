using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Granary.Core.Access;
using Granary.Server.Authentication;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Formats.NuGet;

/// <summary>A server with a domain, two repositories, one above the other, and a user who is asked nothing further.</summary>
internal sealed class NuGetHost : IAsyncDisposable
{
    private const string All = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}""";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None });

    private readonly string user;

    private NuGetHost(ControlPlaneHost server, string user) => (Server, this.user) = (server, user);

    public ControlPlaneHost Server { get; }

    public static async Task<NuGetHost> StartAsync()
    {
        var server = await ControlPlaneHost.StartAsync();
        await server.CreateDomainAsync("tools", "upper", "shop");
        (await server.PutAsync("/v1/repository?domain=tools&repository=shop", """{"upstreams":[{"repositoryName":"upper"}]}""")).Ok();
        var user = await server.AddUserAsync(ControlPlaneHost.Owner, "ann", "AKIAEXAMPLE00000USER");
        var host = new NuGetHost(server, user);
        await host.AllowAsync(All);
        return host;
    }

    public Task AllowAsync(string policy) => Server.SetPolicyAsync(ControlPlaneHost.Owner, user, policy);

    public Uri Repository(string repository = "shop") => new(Server.Address, $"/nuget/d/tools-{ControlPlaneHost.Owner}/{repository}/v3/");

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null, string repository = "shop", bool gzip = false, string? etag = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Repository(repository), path)) { Content = content };
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"aws:{await TokenAsync()}")));
        if (gzip)
        {
            request.Headers.AcceptEncoding.ParseAdd("gzip");
        }

        if (etag is not null)
        {
            request.Headers.IfNoneMatch.ParseAdd(etag);
        }

        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task<HttpResponseMessage> GetAsync(string path, string repository = "shop") => SendAsync(HttpMethod.Get, path, repository: repository);

    public async Task<HttpStatusCode> StatusAsync(string path, string repository = "shop")
    {
        using var response = await GetAsync(path, repository);
        return response.StatusCode;
    }

    public async Task<JsonNode> JsonAsync(string path, string repository = "shop")
    {
        using var response = await GetAsync(path, repository);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {body}");
        return JsonNode.Parse(body)!;
    }

    public async Task<(HttpStatusCode Status, string Reason)> PushAsync(byte[] package, string repository = "shop", string to = "package")
    {
        var part = new ByteArrayContent(package);
        part.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var form = new MultipartFormDataContent { { part, "package", "package.nupkg" } };
        using var response = await SendAsync(HttpMethod.Put, to, form, repository);
        return (response.StatusCode, response.ReasonPhrase ?? "");
    }

    public async Task PublishAsync(string id, string version, string more = "", string repository = "shop") =>
        Assert.Equal(HttpStatusCode.Created, (await PushAsync(NuGetSamples.Package(id, version, more), repository)).Status);

    public async Task SetStatusAsync(string id, string version, string status) =>
        (await Server.PostAsync($"/v1/package/versions/update_status?domain=tools&repository=shop&format=nuget&package={id}", $$"""{"versions":["{{version}}"],"targetStatus":"{{status}}"}""")).Ok();

    public async ValueTask DisposeAsync() => await Server.DisposeAsync();

    private async Task<string> TokenAsync()
    {
        var (domain, _) = await Server.FindAsync("tools", "shop");
        var now = Server.Clock.GetUtcNow().ToUnixTimeSeconds();
        return Server.Service<AuthorizationTokens>().Issue(
            new AuthorizationToken(AuthorizationToken.NewId(), Principal.User(ControlPlaneHost.Owner, "ann").Arn, user, ControlPlaneHost.Owner, domain.Id, now, now + 900));
    }
}
