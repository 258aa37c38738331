using System.Net;
using System.Net.Sockets;
using Granary.Tests.ControlPlane;

namespace Granary.Tests.Hosting;

/// <summary>The default address names localhost, which is an address of either version of IP.</summary>
public sealed class LoopbackTests
{
    [Theory]
    [InlineData("127.0.0.1", "ipv4")]
    [InlineData("127.0.0.1", "dualstack")]
    [InlineData("[::1]", "ipv4")]
    [InlineData("[::1]", "dualstack")]
    [InlineData("localhost", "dualstack")]
    public async Task Answers_on_both_loopbacks_with_an_address_that_works_there(string name, string endpointType)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6 || name[0] != '[', "This machine has no IPv6.");
        var port = FreePort();
        await using var host = await ControlPlaneHost.StartAsync(options: options => options with { Urls = $"http://localhost:{port}" });
        await host.CreateDomainAsync("tools", "shop");
        await host.PublishAsync("left", "1.0.0");
        var token = (await host.PostAsync("/v1/authorization-token?domain=tools")).Ok().Text("authorizationToken");
        using var http = new HttpClient();

        // The signature covers the name that the client has used.
        var target = $"/v1/repository/endpoint?domain=tools&repository=shop&format=npm&endpointType={endpointType}";
        var signed = host.Request("GET", target).Replacing("Host", $"{name}:{port}").Signed();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{name}:{port}{target}"));
        foreach (var (header, value) in signed.Headers)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }

        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var endpoint = (string)System.Text.Json.Nodes.JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["repositoryEndpoint"]!;
        Assert.Equal($"http://{name}:{port}/npm/d/tools-{ControlPlaneHost.Owner}/shop/", endpoint);

        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        Assert.Contains($"{endpoint}left/-/left-1.0.0.tgz", await http.GetStringAsync(new Uri($"{endpoint}left"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
