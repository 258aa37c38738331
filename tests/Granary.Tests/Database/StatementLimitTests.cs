using System.Net.Http.Headers;
using System.Text;
using Granary.Core.Assets.S3;
using Granary.Core.Database;
using Granary.Tests.Assets;
using Granary.Tests.ControlPlane;
using Granary.Tests.Formats.Npm;

namespace Granary.Tests.Database;

/// <summary>
/// How many statements a request may send to PostgreSQL, and how many requests to the object store. Nearly each is a round trip, and a
/// node does no more requests a second than it has round trips for. Whoever makes one of them cheaper lowers its limit; a limit is raised
/// only with a reason.
/// </summary>
public sealed class StatementLimitTests : IAsyncLifetime
{
    private const string Owner = ControlPlaneHost.Owner;
    private const string Version = $"domain=tools&domain-owner={Owner}&repository=shop&format=npm&package=left";

    private static readonly HttpClient Http = new();

    private readonly List<ControlPlaneHost> nodes = [];
    private StatementWire wire = null!;
    private StoreFaultProxy store = null!;
    private string token = "";
    private int numbers;

    public async ValueTask InitializeAsync()
    {
        var ceph = await SharedCeph.GetAsync();
        store = await StoreFaultProxy.StartAsync(ceph.Address);
        var bucket = new S3Options
        {
            Bucket = await ceph.CreateBucketAsync(),
            ServiceUrl = store.Address,
            Region = "us-east-1",
            AccessKey = Ceph.AccessKey,
            SecretKey = Ceph.SecretKey,
            PathStyle = true,
        };
        nodes.Add(await ControlPlaneHost.StartAsync(
            options: serve =>
            {
                wire = new StatementWire(serve.Database!);
                return serve with { Database = wire.ConnectionString, S3 = bucket };
            },
            engine: Engine.PostgreSql));
        await nodes[0].CreateDomainAsync("tools", "shop");
        token = (await nodes[0].PostAsync("/v1/authorization-token?domain=tools")).Ok().Text("authorizationToken");
        await PublishAsync(nodes[0], "left", "1.0.0");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Enumerable.Reverse(nodes))
        {
            await node.DisposeAsync();
        }

        await wire.DisposeAsync();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Requests_send_no_more_statements_than_they_may_and_no_more_where_there_are_more_nodes()
    {
        var alone = await CountAllAsync();
        nodes.Add(await ControlPlaneHost.JoinAsync(nodes[0]));
        nodes.Add(await ControlPlaneHost.JoinAsync(nodes[0]));
        var together = await CountAllAsync();

        TestContext.Current.SendDiagnosticMessage(string.Join(", ", alone.Select(one => $"{one.Name}: {one.Sent}")));
        Assert.All(alone.Zip(together), pair => Assert.True(
            pair.First.Sent.IsWithin(pair.First.Limit) && pair.Second.Sent.IsWithin(pair.First.Sent),
            $"{pair.First.Name} sent {pair.First.Sent}, and {pair.Second.Sent} with three nodes; its limit is {pair.First.Limit}."));
    }

    private async Task<List<(string Name, Cost Sent, Cost Limit)>> CountAllAsync() =>
    [
        ("ping", await CountAsync(node => GetAsync(node, "-/ping")), new(3, 0)),
        ("listing", await CountAsync(node => GetAsync(node, "left")), new(4, 0)),
        ("listing after a change", await CountAsync(node => GetAsync(node, "left"), ChangeAsync), new(14, 0)),
        ("asset", await CountAsync(node => GetAsync(node, "left/-/left-1.0.0.tgz")), new(4, 0)),
        ("publish of a version", await CountAsync(node => PublishAsync(node, "left", $"2.{++numbers}.0")), new(26, 1)),
        ("publish of a package", await CountAsync(node => PublishAsync(node, $"new-{++numbers}", "1.0.0")), new(24, 1)),
        ("GetAuthorizationToken", await CountAsync(async node => (await node.PostAsync("/v1/authorization-token?domain=tools")).Ok()), new(5, 0)),
        ("DescribePackageVersion", await CountAsync(async node => (await node.GetAsync($"/v1/package/version?{Version}&version=1.0.0")).Ok()), new(6, 0)),
        ("ListPackageVersions", await CountAsync(async node => (await node.PostAsync($"/v1/package/versions?{Version}")).Ok()), new(7, 0)),
    ];

    /// <summary>The least of some: what runs in the background now and then belongs to no request.</summary>
    private async Task<Cost> CountAsync(Func<ControlPlaneHost, Task> ask, Func<ControlPlaneHost, Task>? before = null)
    {
        var least = new Cost(int.MaxValue, int.MaxValue);
        for (var round = 0; round < 5 * nodes.Count; round++)
        {
            // What the one node does another one is asked about.
            await (before?.Invoke(nodes[(round + 1) % nodes.Count]) ?? Task.CompletedTask);
            var (statements, requests) = Sent();
            await ask(nodes[round % nodes.Count]);
            var after = Sent();
            // What a node asks the first time it may remember.
            least = round < nodes.Count ? least : new Cost(Math.Min(least.Statements, after.Statements - statements), Math.Min(least.Requests, after.Requests - requests));
        }

        return least;
    }

    private Cost Sent() => new(wire.Count, ((string[])["GET", "HEAD", "PUT", "POST", "DELETE"]).Sum(store.Count));

    private static async Task ChangeAsync(ControlPlaneHost node)
    {
        foreach (var status in (string[])["Unlisted", "Published"])
        {
            (await node.PostAsync($"/v1/package/versions/update_status?{Version}", $$"""{"versions":["1.0.0"],"targetStatus":"{{status}}"}""")).Ok();
        }
    }

    private Task GetAsync(ControlPlaneHost node, string path) => SendAsync(node, HttpMethod.Get, path, null);

    private Task PublishAsync(ControlPlaneHost node, string name, string version) =>
        SendAsync(node, HttpMethod.Put, name, new ByteArrayContent(Encoding.UTF8.GetBytes(Document(name, version))) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } });

    private static string Document(string name, string version)
    {
        var manifest = $$"""{"name":"{{name}}","version":"{{version}}"}""";
        return NpmSamples.Document(NpmSamples.Tgz(NpmSamples.Package(manifest)), name, version, manifest).ToJsonString();
    }

    private async Task SendAsync(ControlPlaneHost node, HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, new Uri(node.Address, $"/npm/d/tools-{Owner}/shop/{path}")) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode} {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
    }

    private readonly record struct Cost(int Statements, int Requests)
    {
        public bool IsWithin(Cost limit) => Statements <= limit.Statements && Requests <= limit.Requests;

        public override string ToString() => $"{Statements} statements and {Requests} requests to the store";
    }
}
