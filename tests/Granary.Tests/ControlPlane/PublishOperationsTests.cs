using System.Security.Cryptography;
using System.Text;
using Granary.Core;
using Granary.Core.Packages;
using Granary.Tests.Authentication;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Tests.ControlPlane;

public sealed class PublishOperationsTests
{
    private const string Tool = "domain=tools&repository=shop&format=generic&namespace=acme&package=tool";

    [Fact]
    public async Task Publishes_a_version_that_is_one_asset()
    {
        await using var host = await StartAsync();
        var published = (await PublishAsync(host, "1.0", "tool.bin", "bytes")).Ok();
        Assert.Equal(("generic", "acme", "tool"), (published.Text("format"), published.Text("namespace"), published.Text("package")));
        Assert.Equal(("1.0", "Published"), (published.Text("version"), published.Text("status")));
        Assert.Equal("tool.bin", published.Text("asset", "name"));
        Assert.Equal(5, (long)published.At("asset", "size")!);
        Assert.Equal(Hex("bytes"), published.Text("asset", "hashes", "SHA-256"));
        Assert.Equal(44, published.Text("versionRevision").Length);

        var described = (await host.GetAsync($"/v1/package/version?{Tool}&version=1.0")).Ok();
        Assert.Equal(published.Text("versionRevision"), described.Text("packageVersion", "revision"));
        Assert.Equal("shop", described.Text("packageVersion", "origin", "domainEntryPoint", "repositoryName"));
        var package = (await host.GetAsync($"/v1/package?{Tool}")).Ok();
        Assert.Equal(("ALLOW", "BLOCK"), (package.Text("package", "originConfiguration", "restrictions", "publish"), package.Text("package", "originConfiguration", "restrictions", "upstream")));
        Assert.Equal("bytes", Encoding.UTF8.GetString((await AssetAsync(host, "1.0", "tool.bin")).Ok().Bytes));
    }

    [Fact]
    public async Task Is_unfinished_until_the_last_asset_and_closed_after_it()
    {
        await using var host = await StartAsync();
        var first = (await PublishAsync(host, "1.0", "a", "one", "&unfinished=true")).Ok();
        var second = (await PublishAsync(host, "1.0", "b", "two", "&unfinished=true")).Ok();
        Assert.Equal(("Unfinished", "Unfinished"), (first.Text("status"), second.Text("status")));
        Assert.NotEqual(first.Text("versionRevision"), second.Text("versionRevision"));

        var changes = (await host.ChangesAsync()).Count;
        Assert.Equal(second.Text("versionRevision"), (await PublishAsync(host, "1.0", "a", "one", "&unfinished=true")).Ok().Text("versionRevision"));
        Assert.Equal(changes, (await host.ChangesAsync()).Count);
        (await PublishAsync(host, "1.0", "a", "other", "&unfinished=true")).Is(409, "ConflictException").IsAbout("asset", "a");

        Assert.Equal("Published", (await PublishAsync(host, "1.0", "c", "three")).Ok().Text("status"));
        Assert.Equal(["a", "b", "c"], (await host.PostAsync($"/v1/package/version/assets?{Tool}&version=1.0")).Ok().Each("assets", "name"));
        (await PublishAsync(host, "1.0", "d", "four")).Is(409, "ConflictException").IsAbout("package-version", "1.0");
        (await PublishAsync(host, "1.0", "d", "four", "&unfinished=true")).Is(409, "ConflictException");
        (await PublishAsync(host, "1.0", "c", "other")).Is(409, "ConflictException").IsAbout("asset", "c");

        // Sent again, as a client does whose connection broke before the answer came.
        Assert.Equal("Published", (await PublishAsync(host, "1.0", "c", "three")).Ok().Text("status"));
        Assert.Equal("Published", (await PublishAsync(host, "1.0", "a", "one", "&unfinished=true")).Ok().Text("status"));
    }

    [Fact]
    public async Task Is_published_by_its_status_or_by_an_asset_that_is_there_already()
    {
        await using var host = await StartAsync();
        (await PublishAsync(host, "1.0", "a", "one", "&unfinished=true")).Ok();
        (await host.PostAsync($"/v1/package/versions/update_status?{Tool}", """{"versions":["1.0"],"targetStatus":"Published"}""")).Ok();
        (await PublishAsync(host, "1.0", "b", "two")).Is(409, "ConflictException");

        (await PublishAsync(host, "2.0", "a", "one", "&unfinished=true")).Ok();
        Assert.Equal("Published", (await PublishAsync(host, "2.0", "a", "one")).Ok().Text("status"));
        var last = (await host.ChangesAsync())[^1];
        Assert.Equal((0, true, PackageVersionStatus.Published), (last.AssetsAdded, last.StatusChanged, last.Status!.Value));
    }

    [Theory]
    [InlineData("Archived")]
    [InlineData("Disposed")]
    public async Task Takes_nothing_for_a_version_that_was_put_away(string status)
    {
        await using var host = await StartAsync();
        (await PublishAsync(host, "1.0", "a", "one")).Ok();
        (await (status == "Disposed"
            ? host.PostAsync($"/v1/package/versions/dispose?{Tool}", """{"versions":["1.0"]}""")
            : host.PostAsync($"/v1/package/versions/update_status?{Tool}", """{"versions":["1.0"],"targetStatus":"Archived"}"""))).Ok();
        (await PublishAsync(host, "1.0", "a", "one")).Is(409, "ConflictException");
        (await PublishAsync(host, "1.0", "b", "two")).Is(409, "ConflictException");
        (await host.PostAsync($"/v1/package/versions/delete?{Tool}", """{"versions":["1.0"]}""")).Ok();
        (await PublishAsync(host, "1.0", "b", "two")).Ok();
    }

    [Fact]
    public async Task Keeps_nothing_whose_bytes_are_not_those_that_were_promised()
    {
        await using var host = await StartAsync();
        var request = Request(host, "1.0", "a", "one").Signed();
        (await host.SendAsync(request with { Body = "two"u8.ToArray() })).IsInvalid();
        (await host.GetAsync($"/v1/package?{Tool}")).Is(404, "ResourceNotFoundException");

        // A digest that is not signed for lets nobody in, whatever the body is.
        (await host.SendAsync(request.Replacing("X-Amz-Content-Sha256", Hex("two")) with { Body = "two"u8.ToArray() })).Is(403, "InvalidSignatureException");
        // Without one the body is read to verify the signature, and then the parameter is missing.
        (await host.SendAsync(Request(host, "1.0", "a", "one").Without("X-Amz-Content-Sha256").Signed())).IsInvalid();
        (await host.SendAsync(Request(host, "1.0", "a", "one"))).Is(403, "MissingAuthenticationTokenException");
    }

    [Fact]
    public async Task Counts_the_bytes_of_an_asset_and_the_assets_of_a_version()
    {
        await using var host = await ControlPlaneHost.StartAsync(services => services.AddSingleton(new Quotas { AssetSize = 200_000, AssetsPerVersion = 2 }));
        await host.CreateDomainAsync("tools", "shop");
        (await PublishAsync(host, "1.0", "a", new string('x', 200_000), "&unfinished=true")).Ok();
        (await PublishAsync(host, "1.0", "b", new string('x', 200_001), "&unfinished=true")).Is(402, "ServiceQuotaExceededException").IsAbout("asset", "b");
        (await PublishAsync(host, "1.0", "b", "two", "&unfinished=true")).Ok();
        (await PublishAsync(host, "1.0", "c", "three")).Is(402, "ServiceQuotaExceededException").IsAbout("package-version", "1.0");
        Assert.Equal("Published", (await PublishAsync(host, "1.0", "b", "two")).Ok().Text("status"));
    }

    [Fact]
    public async Task Is_blocked_by_the_package_and_by_its_group()
    {
        await using var host = await StartAsync();
        (await host.PostAsync($"/v1/package?{Tool}", """{"restrictions":{"publish":"BLOCK","upstream":"BLOCK"}}""")).Ok();
        var blocked = (await PublishAsync(host, "1.0", "a", "one")).Is(403, "AccessDeniedException");
        Assert.Contains("publish = BLOCK", blocked.Message, StringComparison.Ordinal);
        (await host.DeleteAsync($"/v1/package?{Tool}")).Ok();

        (await host.PostAsync("/v1/package-group?domain=tools", """{"packageGroup":"/generic/acme/*"}""")).Ok();
        (await host.PutAsync("/v1/package-group-origin-configuration?domain=tools&package-group=%2Fgeneric%2Facme%2F*", """{"restrictions":{"PUBLISH":"BLOCK"}}""")).Ok();
        Assert.Contains("/generic/acme/*", (await PublishAsync(host, "1.0", "a", "one")).Is(403, "AccessDeniedException").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_who_give_one_name_different_bytes_one_wins()
    {
        await using var host = await StartAsync();
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PublishAsync(host, "1.0", "a", $"bytes {i}")));
        var winner = Array.FindIndex(replies, r => r.Status == 200);
        Assert.Single(replies, r => r.Status == 200);
        Assert.All(replies.Where(r => r.Status != 200), r => r.Is(409, "ConflictException"));
        Assert.Equal($"bytes {winner}", Encoding.UTF8.GetString((await AssetAsync(host, "1.0", "a")).Ok().Bytes));

        var assets = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PublishAsync(host, "2.0", $"asset {i}", $"bytes {i}", "&unfinished=true")));
        Assert.All(assets, r => r.Ok());
        Assert.Equal(8, (await host.PostAsync($"/v1/package/version/assets?{Tool}&version=2.0")).Ok().Each("assets", "name").Length);
    }

    [Theory]
    [InlineData("format=npm&package=tool", "1.0", "a")]
    [InlineData("format=generic&package=tool", "1.0", "a")]
    [InlineData("format=generic&namespace=acme&package=tool", "a/b", "a")]
    [InlineData("format=generic&namespace=acme&package=tool", "1.0", ".")]
    [InlineData("format=generic&namespace=acme&package=tool", "1.0", "..")]
    [InlineData("format=generic&namespace=acme&package=tool", "1.0", " a")]
    [InlineData("format=generic&namespace=acme&package=tool", "1.0", "a ")]
    [InlineData("format=generic&namespace=acme&package=tool", "1.0", "a  b")]
    [InlineData("format=generic&namespace=acme&package=tool", "1.0", "a/b")]
    [InlineData("format=generic&namespace=acme&package=tool", "1.0", "a\\b")]
    [InlineData("format=generic&namespace=acme&package=tool", "1.0", "a:b")]
    [InlineData("format=generic&namespace=acme&package=tool", "1.0", "a\u0301")]
    [InlineData("format=generic&namespace=acme&package=tool", "1.0", "a\u00a0b")]
    [InlineData("format=generic&namespace=acme&package=tool", "1.0", "")]
    public async Task Refuses_names_that_cannot_be(string package, string version, string asset)
    {
        await using var host = await StartAsync();
        var target = $"/v1/package/version/publish?domain=tools&repository=shop&{package}&version={Uri.EscapeDataString(version)}&asset={Uri.EscapeDataString(asset)}";
        (await host.PostAsync(target, "bytes")).IsInvalid();
    }

    [Fact]
    public async Task Takes_every_name_that_the_guide_allows()
    {
        await using var host = await StartAsync();
        string[] names = ["~!@^&()-_+[]{};,.", "a b c", "файл.tar.gz", "名前", "Ⅷ", "𝒳", "...", ".bashrc", new string('x', 255)];
        foreach (var name in names)
        {
            (await PublishAsync(host, "1.0", name, "bytes", "&unfinished=true")).Ok();
            Assert.Equal("bytes", Encoding.UTF8.GetString((await AssetAsync(host, "1.0", name)).Ok().Bytes));
        }
    }

    private static async Task<ControlPlaneHost> StartAsync()
    {
        var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        return host;
    }

    private static TestRequest Request(ControlPlaneHost host, string version, string asset, string content, string more = "") =>
        host.Request("POST", $"/v1/package/version/publish?{Tool}&version={version}&asset={Uri.EscapeDataString(asset)}{more}", content);

    private static Task<Reply> PublishAsync(ControlPlaneHost host, string version, string asset, string content, string more = "") =>
        host.SendAsync(Request(host, version, asset, content, more).Signed());

    private static Task<Reply> AssetAsync(ControlPlaneHost host, string version, string asset) =>
        host.GetAsync($"/v1/package/version/asset?{Tool}&version={version}&asset={Uri.EscapeDataString(asset)}");

    private static string Hex(string content) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
}
