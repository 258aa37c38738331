using System.Text.Json.Nodes;

namespace Granary.Tests.ControlPlane;

public sealed class PagingTests
{
    private const string Shop = "domain=tools&repository=shop";
    private const string Versions = $"/v1/package/versions?{Shop}&format=npm&package=p0";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task Shows_everything_once_whatever_the_size_of_a_page(int size)
    {
        await using var host = await StartAsync();
        Assert.Equal(9, (await WalkAsync(host, $"/v1/packages?{Shop}", "packages", "package", size)).Distinct().Count());
        Assert.Equal(["3.0.0", "2.0.0", "1.0.0"], (await WalkAsync(host, $"{Versions}&sortBy=PUBLISHED_TIME", "versions", "version", size)));
        Assert.Equal(["1.0.0", "2.0.0", "3.0.0"], (await WalkAsync(host, Versions, "versions", "version", size)));
        Assert.Equal(["aa", "bb", "cc", "shop"], await WalkAsync(host, "/v1/domain/repositories?domain=tools", "repositories", "name", size));
        Assert.Equal(["aa", "bb", "cc", "shop", "aa", "bb"], await WalkAsync(host, "/v1/repositories", "repositories", "name", size));
        Assert.Equal(["package.tgz"], await WalkAsync(host, $"/v1/package/version/assets?{Shop}&format=npm&package=p0&version=1.0.0", "assets", "name", size));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1001")]
    [InlineData("2147483647")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999999")]
    [InlineData("1e9")]
    [InlineData("1.0")]
    [InlineData(" 1")]
    [InlineData("")]
    [InlineData("%D9%A1")]
    public async Task Refuses_sizes_of_a_page_outside_1_to_1000(string size)
    {
        await using var host = await StartAsync();
        foreach (var target in new[] { $"/v1/packages?{Shop}", Versions, "/v1/repositories?", "/v1/domain/repositories?domain=tools", $"/v1/package/version/assets?{Shop}&format=npm&package=p0&version=1.0.0" })
        {
            (await host.PostAsync($"{target}&max-results={Uri.EscapeDataString(Uri.UnescapeDataString(size))}")).IsInvalid();
        }
    }

    [Fact]
    public async Task Refuses_tokens_of_other_requests_and_forged_ones()
    {
        await using var host = await StartAsync();
        await host.CreateDomainAsync("other", "shop");
        var token = (await host.PostAsync($"/v1/packages?{Shop}&max-results=1")).Ok().Text("nextToken");
        (await host.PostAsync($"/v1/packages?next-token={token}&repository=shop&domain=tools&max-results=3")).Ok();

        (await host.PostAsync($"/v1/packages?domain=other&repository=shop&next-token={token}")).IsInvalid();
        (await host.PostAsync($"/v1/packages?domain=tools&repository=aa&next-token={token}")).IsInvalid();
        (await host.PostAsync($"/v1/packages?{Shop}&package-prefix=p&next-token={token}")).IsInvalid();
        (await host.PostAsync($"{Versions}&next-token={token}")).IsInvalid();
        (await host.PostAsync("/v1/domains", new JsonObject { ["nextToken"] = token }.ToJsonString())).IsInvalid();
        for (var i = 0; i < token.Length; i++)
        {
            var forged = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            (await host.PostAsync($"/v1/packages?{Shop}&next-token={forged}")).IsInvalid();
        }

        foreach (var bad in new[] { "", "x", "%20", "%00", "AAAA", new string('A', 2000), new string('A', 2001), new string('A', 6000), token[..^1], token + "AAAA", "..%2F..", "%D0%BA%D0%BB" })
        {
            (await host.PostAsync($"/v1/packages?{Shop}&next-token={bad}")).IsInvalid();
        }
    }

    [Fact]
    public async Task Keeps_tokens_of_one_account_from_another()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "aa", "bb");
        var token = (await host.PostAsync("/v1/repositories?max-results=1")).Ok().Text("nextToken");
        (await host.CallAsync("POST", $"/v1/repositories?max-results=1&next-token={token}", key: ControlPlaneHost.StrangersKey)).IsInvalid();
    }

    private static async Task<ControlPlaneHost> StartAsync()
    {
        var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop", "cc", "aa", "bb");
        await host.CreateDomainAsync("more", "bb", "aa");
        for (var i = 0; i < 8; i++)
        {
            await host.PublishAsync($"p{i}", "1.0.0");
        }

        await host.PublishAsync("@acme/scoped", "1.0.0");
        await host.PublishAsync("p0", "2.0.0");
        await host.PublishAsync("p0", "3.0.0");
        return host;
    }

    private static async Task<List<string>> WalkAsync(
        ControlPlaneHost host, string target, string list, string member, int size)
    {
        var seen = new List<string>();
        var token = "";
        do
        {
            var page = (await host.PostAsync($"{target}{(target.Contains('?', StringComparison.Ordinal) ? "&" : "?")}max-results={size}{token}")).Ok();
            var rows = page.Each(list, member);
            Assert.InRange(rows.Length, 0, size);
            seen.AddRange(rows);
            token = page.At("nextToken") is { } next ? $"&next-token={next}" : "";
        }
        while (token.Length > 0);
        return seen;
    }
}
