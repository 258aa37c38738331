using System.Net;
using System.Text;
using static Granary.Tests.Formats.NuGet.NuGetSamples;

namespace Granary.Tests.Formats.NuGet;

public sealed class NuGetPushTests : IAsyncLifetime
{
    private NuGetHost host = null!;

    public async ValueTask InitializeAsync() => host = await NuGetHost.StartAsync();

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_pushed_package_comes_back_byte_for_byte_and_is_described()
    {
        var package = Package("Demo.Pkg", "1.0.0.0+build", """<projectUrl>https://demo.example/</projectUrl><readme>README.md</readme>""", ("README.md", "# Demo"), (".signature.p7s", "not looked at"));
        Assert.Equal(HttpStatusCode.Created, (await host.PushAsync(package)).Status);

        using var back = await host.GetAsync("flat/demo.pkg/1.0.0/demo.pkg.1.0.0.nupkg");
        Assert.Equal(package, await back.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        var described = (await host.Server.GetAsync("/v1/package/version?domain=tools&repository=shop&format=nuget&package=DEMO.pkg&version=1.0")).Ok();
        Assert.Equal(("Demo.Pkg", "https://demo.example/"), (described.Text("packageVersion", "displayName"), described.Text("packageVersion", "homePage")));
        var assets = (await host.Server.PostAsync("/v1/package/version/assets?domain=tools&repository=shop&format=nuget&package=demo.pkg&version=1.0.0")).Ok();
        Assert.Equal(["demo.pkg.1.0.0.nupkg"], assets.Each("assets", "name"));
        var readme = (await host.Server.GetAsync("/v1/package/version/readme?domain=tools&repository=shop&format=nuget&package=demo.pkg&version=1.0.0")).Ok();
        Assert.Equal("# Demo", readme.Text("readme"));
    }

    [Fact]
    public async Task The_same_bytes_again_change_nothing_and_other_bytes_are_refused_under_every_spelling()
    {
        var package = Package("Demo.Pkg", "1.0.0");
        await host.PushAsync(package);
        var changes = (await host.Server.ChangesAsync()).Count;

        Assert.Equal(HttpStatusCode.OK, (await host.PushAsync(package)).Status);
        foreach (var spelling in (string[])["1.0", "1.0.0", "1.0.0.0", "01.0.0", "1.0.0+a"])
        {
            var (status, reason) = await host.PushAsync(Package("demo.PKG", spelling, "<summary>Other</summary>"));
            Assert.Equal(HttpStatusCode.Conflict, status);
            Assert.Contains("already exists", reason, StringComparison.Ordinal);
        }

        Assert.Equal(changes, (await host.Server.ChangesAsync()).Count);
    }

    [Fact]
    public async Task A_version_of_an_upstream_is_not_published_again_below_it_unless_the_name_is_the_own()
    {
        await host.PublishAsync("Demo.Pkg", "1.0.0", repository: "upper");
        Assert.Equal(HttpStatusCode.Conflict, (await host.PushAsync(Package("Demo.Pkg", "1.0.0", "<summary>Other</summary>"))).Status);
        Assert.Equal(HttpStatusCode.Created, (await host.PushAsync(Package("Demo.Pkg", "1.1.0"))).Status);
    }

    [Fact]
    public async Task Whoever_may_read_and_not_publish_this_package_is_refused()
    {
        await host.AllowAsync(
            """
            {"Version":"2012-10-17","Statement":[
              {"Effect":"Allow","Action":"codeartifact:ReadFromRepository","Resource":"*"},
              {"Effect":"Allow","Action":"codeartifact:PublishPackageVersion","Resource":"arn:aws:codeartifact:*:*:package/tools/shop/nuget//mine"}]}
            """);
        Assert.Equal(HttpStatusCode.Forbidden, (await host.PushAsync(Package("Theirs", "1.0.0"))).Status);
        Assert.Equal(HttpStatusCode.Created, (await host.PushAsync(Package("Mine", "1.0.0"))).Status);
        using var deleted = await host.SendAsync(HttpMethod.Delete, "package/mine/1.0.0");
        Assert.Equal(HttpStatusCode.Forbidden, deleted.StatusCode);
    }

    [Fact]
    public async Task Refuses_bodies_that_are_no_push_and_packages_that_are_none()
    {
        using var text = new StringContent("{}", Encoding.UTF8, "application/json");
        using var plain = await host.SendAsync(HttpMethod.Put, "package", text);
        Assert.Equal(HttpStatusCode.BadRequest, plain.StatusCode);
        using var cut = new StringContent("--b\r\nContent-Disposition: form-data; name=package\r\n\r\nPK");
        cut.Headers.ContentType = new("multipart/form-data") { Parameters = { new("boundary", "b") } };
        using var torn = await host.SendAsync(HttpMethod.Put, "package", cut);
        Assert.Equal(HttpStatusCode.BadRequest, torn.StatusCode);
        using var two = new MultipartFormDataContent { { new ByteArrayContent(Package()), "a", "a.nupkg" }, { new ByteArrayContent(Package("B")), "b", "b.nupkg" } };
        using var both = await host.SendAsync(HttpMethod.Put, "package", two);
        Assert.Equal(HttpStatusCode.BadRequest, both.StatusCode);
        var (status, reason) = await host.PushAsync("no zip"u8.ToArray());
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("not a sound zip archive", reason, StringComparison.Ordinal);
        Assert.DoesNotContain(await host.Server.ChangesAsync(), c => c.Package is not null);
    }

    [Fact]
    public async Task Symbols_are_a_further_asset_of_the_version_that_they_belong_to()
    {
        const string Type = """<packageTypes><packageType name="SymbolsPackage" /></packageTypes>""";
        var symbols = Package("Demo.Pkg", "1.0.0", Type, ("lib/net8.0/demo.pdb", "x"));
        Assert.Equal(HttpStatusCode.NotFound, (await host.PushAsync(symbols, to: "symbolpackage")).Status);
        await host.PublishAsync("Demo.Pkg", "1.0.0");
        Assert.Equal(HttpStatusCode.BadRequest, (await host.PushAsync(Package("Demo.Pkg", "1.0.0"), to: "symbolpackage")).Status);

        Assert.Equal(HttpStatusCode.Created, (await host.PushAsync(symbols, to: "symbolpackage")).Status);
        Assert.Equal(HttpStatusCode.Created, (await host.PushAsync(symbols, to: "symbolpackage")).Status);
        Assert.Equal(HttpStatusCode.Conflict, (await host.PushAsync(Package("Demo.Pkg", "1.0.0", Type), to: "symbolpackage")).Status);

        using var back = await host.GetAsync("flat/demo.pkg/1.0.0/demo.pkg.1.0.0.snupkg");
        Assert.Equal(symbols, await back.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("Demo.Pkg", (string?)(await host.JsonAsync("registration/demo.pkg/1.0.0.json"))["catalogEntry"]!["id"]);
    }

    [Fact]
    public async Task Deleting_hides_and_relisting_shows_again_and_neither_brings_back_what_is_archived()
    {
        await host.PublishAsync("Demo.Pkg", "1.0.0");
        Assert.Equal(HttpStatusCode.NoContent, await ChangeAsync(HttpMethod.Delete));
        Assert.Equal(HttpStatusCode.NoContent, await ChangeAsync(HttpMethod.Delete));
        Assert.False((bool)(await host.JsonAsync("registration/demo.pkg/1.0.0.json"))["catalogEntry"]!["listed"]!);
        Assert.Equal(HttpStatusCode.OK, await ChangeAsync(HttpMethod.Post));
        Assert.True((bool)(await host.JsonAsync("registration/demo.pkg/1.0.0.json"))["catalogEntry"]!["listed"]!);

        await host.SetStatusAsync("demo.pkg", "1.0.0", "Archived");
        Assert.Equal(HttpStatusCode.Conflict, await ChangeAsync(HttpMethod.Delete));
        Assert.Equal(HttpStatusCode.Conflict, await ChangeAsync(HttpMethod.Post));
        Assert.Equal(HttpStatusCode.NotFound, await host.StatusAsync("flat/demo.pkg/1.0.0/demo.pkg.1.0.0.nupkg"));
    }

    private async Task<HttpStatusCode> ChangeAsync(HttpMethod method)
    {
        using var response = await host.SendAsync(method, "package/Demo.Pkg/1.0");
        return response.StatusCode;
    }
}
