using System.Security.Cryptography;
using System.Text;

namespace Granary.Tests.ControlPlane;

public sealed class AssetOperationsTests
{
    private const string Version = "domain=tools&repository=shop&format=npm&package=left&version=1.0.0";

    [Fact]
    public async Task Lists_assets_with_size_and_four_digests()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        var published = await host.PublishAsync("left", "1.0.0", content: "some bytes");
        var list = (await host.PostAsync($"/v1/package/version/assets?{Version}")).Ok();
        var content = Encoding.UTF8.GetBytes("some bytes");
        Assert.Equal(
            $$$"""
            [{"name":"package.tgz","size":10,"hashes":{"MD5":"{{{Convert.ToHexStringLower(MD5.HashData(content))}}}","SHA-1":"{{{Convert.ToHexStringLower(SHA1.HashData(content))}}}","SHA-256":"{{{Convert.ToHexStringLower(SHA256.HashData(content))}}}","SHA-512":"{{{Convert.ToHexStringLower(SHA512.HashData(content))}}}"}}]
            """,
            list.Body["assets"]!.ToJsonString());
        Assert.Equal(("npm", "left", "1.0.0", published.Revision), (list.Text("format"), list.Text("package"), list.Text("version"), list.Text("versionRevision")));
        Assert.Null(list.At("namespace"));
        Assert.Null(list.At("nextToken"));
    }

    [Fact]
    public async Task Sends_the_bytes_of_an_asset_with_its_names_in_headers()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        var published = await host.PublishAsync("left", "1.0.0", content: "some bytes");
        var revision = Uri.EscapeDataString(published.Revision);
        var reply = await host.GetAsync($"/v1/package/version/asset?{Version}&asset=package.tgz&revision={revision}");
        Assert.Equal(200, reply.Status);
        Assert.Equal("some bytes", Encoding.UTF8.GetString(reply.Bytes));
        Assert.Equal(("package.tgz", "1.0.0", published.Revision), (reply.Header("X-AssetName"), reply.Header("X-PackageVersion"), reply.Header("X-PackageVersionRevision")));
        Assert.Equal("application/octet-stream", reply.ContentHeaders.ContentType!.MediaType);
        Assert.True(Guid.TryParse(reply.Header("x-amzn-RequestId"), out _));

        (await host.GetAsync($"/v1/package/version/asset?{Version}&asset=package.tgz&revision=other")).Is(404, "ResourceNotFoundException").IsAbout("asset", "package.tgz");
        (await host.GetAsync($"/v1/package/version/asset?{Version}&asset=none.tgz")).Is(404, "ResourceNotFoundException").IsAbout("asset", "none.tgz");
        (await host.GetAsync($"/v1/package/version/asset?{Version.Replace("1.0.0", "2.0.0")}&asset=package.tgz")).Is(404, "ResourceNotFoundException").IsAbout("package-version", "2.0.0");
        (await host.GetAsync($"/v1/package/version/asset?{Version}")).IsInvalid();
    }

    [Theory]
    [InlineData("Unlisted", 200)]
    [InlineData("Archived", 404)]
    public async Task Obeys_the_status_of_the_version(string status, int expected)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        await host.PublishAsync("left", "1.0.0");
        (await host.PostAsync($"/v1/package/versions/update_status?{Version}", $$"""{"versions":["1.0.0"],"targetStatus":"{{status}}"}""")).Ok();
        Assert.Equal(expected, (await host.GetAsync($"/v1/package/version/asset?{Version}&asset=package.tgz")).Status);
    }
}
