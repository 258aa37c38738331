using System.Net.Http.Headers;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.GranaryApi;

/// <summary>What package managers downloaded, as it is told to whoever cleans up.</summary>
public sealed class DownloadsTests : IAsyncLifetime
{
    private static readonly HttpClient Http = new();

    private ControlPlaneHost host = null!;
    private string token = "";

    public async ValueTask InitializeAsync()
    {
        host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        await host.PublishAsync("left", "1.0.0");
        await host.PublishAsync("@acme/left", "1.0.0");
        token = (await host.PostAsync("/v1/authorization-token?domain=tools")).Ok().Text("authorizationToken");
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Whole_downloads_are_counted_and_nothing_else()
    {
        await SendAsync(HttpMethod.Get, "left");
        await SendAsync(HttpMethod.Head, "left/-/left-1.0.0.tgz");
        await SendAsync(HttpMethod.Get, "left/-/left-2.0.0.tgz");
        Assert.Empty((await ListAsync("")).Body["downloads"]!.AsArray());
        await SendAsync(HttpMethod.Get, "left/-/left-1.0.0.tgz");
        await SendAsync(HttpMethod.Get, "left/-/left-1.0.0.tgz");
        await SendAsync(HttpMethod.Get, "@acme/left/-/left-1.0.0.tgz");

        var reply = await ListAsync("");
        Assert.Equal(["left", "left"], reply.Each("downloads", "package"));
        var lines = reply.Body["downloads"]!.AsArray();
        Assert.Equal((null, "npm", "1.0.0", "package.tgz", 2L), ((string?)lines[0]!["namespace"], (string)lines[0]!["format"]!, (string)lines[0]!["version"]!, (string)lines[0]!["asset"]!, (long)lines[0]!["downloads"]!));
        Assert.Equal(("acme", 1L), ((string)lines[1]!["namespace"]!, (long)lines[1]!["downloads"]!));
        Assert.StartsWith("2026-01-02T03:0", (string)lines[0]!["lastDownloadedAt"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task They_come_in_pages_and_by_filter()
    {
        await SendAsync(HttpMethod.Get, "left/-/left-1.0.0.tgz");
        await SendAsync(HttpMethod.Get, "@acme/left/-/left-1.0.0.tgz");
        var first = await ListAsync("&max-results=1");
        Assert.Null(first.At("downloads")![0]!["namespace"]);
        var second = await ListAsync($"&max-results=1&next-token={first.Text("nextToken")}");
        Assert.Equal("acme", Assert.Single(second.Each("downloads", "namespace")));
        Assert.Null(second.At("nextToken"));
        Assert.Single((await ListAsync("&format=npm&package=left&namespace=acme&version=1.0.0")).Body["downloads"]!.AsArray());
        Assert.Empty((await ListAsync("&last-before=2026-01-01")).Body["downloads"]!.AsArray());
        Assert.Equal(2, (await ListAsync("&last-before=2026-01-03")).Body["downloads"]!.AsArray().Count);
    }

    [Theory]
    [InlineData("repository=shop", "domain")]
    [InlineData("domain=tools", "repository")]
    [InlineData("domain=tools&repository=shop&package=left", "package")]
    [InlineData("domain=tools&repository=shop&format=cheese", "format")]
    [InlineData("domain=tools&repository=shop&last-before=soon", "last-before")]
    [InlineData("domain=tools&repository=shop&max-results=0", "max-results")]
    [InlineData("domain=tools&repository=shop&max-results=x", "max-results")]
    public async Task Bad_parameters_are_named(string query, string parameter) =>
        Assert.Contains($"'{parameter}'", (await host.GetAsync($"/granary/v1/downloads?{query}")).IsInvalid().Message, StringComparison.Ordinal);

    [Fact]
    public async Task What_does_not_exist_is_not_found()
    {
        (await host.GetAsync("/granary/v1/downloads?domain=none&repository=shop")).Is(404, "ResourceNotFoundException");
        (await host.GetAsync("/granary/v1/downloads?domain=tools&repository=none")).Is(404, "ResourceNotFoundException");
    }

    private async Task<Reply> ListAsync(string more) => (await host.GetAsync($"/granary/v1/downloads?domain=tools&repository=shop{more}")).Ok();

    private async Task SendAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, new Uri(host.Address, $"/npm/d/tools-{ControlPlaneHost.Owner}/shop/{path}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }
}
