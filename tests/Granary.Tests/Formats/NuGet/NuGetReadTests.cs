using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using static Granary.Tests.Formats.NuGet.NuGetSamples;

namespace Granary.Tests.Formats.NuGet;

public sealed class NuGetReadTests : IAsyncLifetime
{
    private NuGetHost host = null!;

    public async ValueTask InitializeAsync() => host = await NuGetHost.StartAsync();

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task The_service_index_names_addresses_of_this_repository_alone()
    {
        var resources = (await host.JsonAsync("index.json"))["resources"]!.AsArray();
        Assert.All(resources, r => Assert.StartsWith(host.Repository().AbsoluteUri, (string?)r!["@id"], StringComparison.Ordinal));
        foreach (var type in (string[])["PackageBaseAddress/3.0.0", "RegistrationsBaseUrl/3.6.0", "SearchQueryService/3.5.0", "SearchAutocompleteService", "PackagePublish/2.0.0", "SymbolPackagePublish/4.9.0"])
        {
            Assert.Contains(resources, r => (string?)r!["@type"] == type);
        }
    }

    [Fact]
    public async Task Versions_and_registration_are_of_all_repositories_that_are_searched()
    {
        await host.PublishAsync("Demo.Pkg", "1.0.0", repository: "upper");
        await host.PublishAsync("Demo.Pkg", "1.10.0-Beta.1", repository: "upper");
        await host.PublishAsync("Demo.Pkg", "1.9.0", """<dependencies><group targetFramework="net8.0"><dependency id="Left" version="2.0.0" /></group></dependencies>""", "upper");

        Assert.Equal(["1.0.0", "1.9.0", "1.10.0-beta.1"], await VersionsAsync("Demo.PKG"));
        var index = await host.JsonAsync("registration/demo.pkg/index.json");
        var page = Assert.Single(index["items"]!.AsArray())!;
        Assert.Equal(("1.0.0", "1.10.0-beta.1", 3), ((string?)page["lower"], (string?)page["upper"], (int)page["count"]!));
        var leaf = page["items"]![1]!;
        Assert.Equal($"{host.Repository()}flat/demo.pkg/1.9.0/demo.pkg.1.9.0.nupkg", (string?)leaf["packageContent"]);
        var entry = leaf["catalogEntry"]!;
        Assert.Equal(("Demo.Pkg", "1.9.0", true), ((string?)entry["id"], (string?)entry["version"], (bool)entry["listed"]!));
        Assert.Equal(host.Server.Clock.GetUtcNow(), DateTimeOffset.Parse((string)entry["published"]!, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal("[2.0.0, )", (string?)entry["dependencyGroups"]![0]!["dependencies"]![0]!["range"]);
        Assert.Equal("1.10.0-Beta.1", (string?)(await host.JsonAsync("registration/demo.pkg/1.10.0-BETA.1.json"))["catalogEntry"]!["version"]);
    }

    [Fact]
    public async Task An_own_name_meets_nothing_of_the_upstream_that_has_it_too()
    {
        await host.PublishAsync("Demo.Pkg", "1.0.0");
        await host.PublishAsync("Demo.Pkg", "9.0.0", repository: "upper");
        Assert.Equal(["1.0.0"], await VersionsAsync("demo.pkg"));
        Assert.Equal(HttpStatusCode.NotFound, await host.StatusAsync("flat/demo.pkg/9.0.0/demo.pkg.9.0.0.nupkg"));
    }

    [Fact]
    public async Task Hundreds_of_versions_come_in_pages_that_are_documents_of_their_own()
    {
        for (var minor = 0; minor < 130; minor++)
        {
            await host.PublishAsync("Many", $"1.{minor}.0");
        }

        var pages = (await host.JsonAsync("registration/many/index.json"))["items"]!.AsArray();
        Assert.Equal([64, 64, 2], pages.Select(p => (int)p!["count"]!));
        Assert.All(pages, p => Assert.Null(p!["items"]));
        var versions = new List<string>();
        foreach (var page in pages)
        {
            var path = ((string)page!["@id"]!)[host.Repository().AbsoluteUri.Length..];
            versions.AddRange((await host.JsonAsync(path))["items"]!.AsArray().Select(i => (string)i!["catalogEntry"]!["version"]!));
        }

        Assert.Equal(Enumerable.Range(0, 130).Select(minor => $"1.{minor}.0"), versions);
        Assert.Equal("1.100.0", (string?)(await host.JsonAsync("registration/many/1.100.0.json"))["catalogEntry"]!["version"]);
        Assert.Equal(HttpStatusCode.NotFound, await host.StatusAsync("registration/many/page/1.0.0/1.5.0.json"));
    }

    [Theory]
    [InlineData("index.json")]
    [InlineData("flat/demo.pkg/index.json")]
    [InlineData("registration/demo.pkg/index.json")]
    [InlineData("registration/demo.pkg/1.0.0.json")]
    [InlineData("flat/demo.pkg/1.0.0/demo.pkg.1.0.0.nupkg")]
    [InlineData("flat/demo.pkg/1.0.0/demo.pkg.nuspec")]
    [InlineData("query?q=demo")]
    public async Task What_has_not_changed_is_not_sent_again(string path)
    {
        await host.PublishAsync("Demo.Pkg", "1.0.0");
        using var first = await host.SendAsync(HttpMethod.Get, path, gzip: true);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        var etag = first.Headers.ETag!.ToString();
        using var second = await host.SendAsync(HttpMethod.Get, path, gzip: true, etag: etag);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);

        await host.PublishAsync("Demo.Pkg", "1.1.0");
        using var third = await host.SendAsync(HttpMethod.Get, path, gzip: true, etag: etag);
        var changes = path.EndsWith("demo.pkg/index.json", StringComparison.Ordinal) || path.StartsWith("query", StringComparison.Ordinal);
        Assert.Equal(changes ? HttpStatusCode.OK : HttpStatusCode.NotModified, third.StatusCode);
    }

    [Fact]
    public async Task A_registration_is_compressed_for_whoever_takes_that()
    {
        await host.PublishAsync("Demo.Pkg", "1.0.0");
        using var plain = await host.GetAsync("registration/demo.pkg/index.json");
        using var packed = await host.SendAsync(HttpMethod.Get, "registration/demo.pkg/index.json", gzip: true);
        Assert.Equal("gzip", packed.Content.Headers.ContentEncoding.Single());
        await using var unpacked = new GZipStream(await packed.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), CompressionMode.Decompress);
        using var copy = new MemoryStream();
        await unpacked.CopyToAsync(copy, TestContext.Current.CancellationToken);
        Assert.Equal(await plain.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken), copy.ToArray());
    }

    [Fact]
    public async Task Files_of_a_package_are_what_they_are_and_nothing_else_is_sent()
    {
        byte[] png = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, 1, 2, 3];
        const string More = @"<icon>images\icon.png</icon><readme>docs/README.md</readme>";
        await host.PushAsync(Zip([("Demo.Pkg.nuspec", System.Text.Encoding.UTF8.GetBytes(Nuspec(more: More))), ("images/icon.png", png), ("docs/README.md", "# Demo"u8.ToArray())]));
        await host.PushAsync(Package("Fake", "1.0.0", "<icon>icon.png</icon>", ("icon.png", "<script>")));

        using var icon = await host.GetAsync("flat/demo.pkg/1.0.0/icon");
        Assert.Equal("image/png", icon.Content.Headers.ContentType!.MediaType);
        Assert.Equal(png, await icon.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        using var readme = await host.GetAsync("flat/demo.pkg/1.0.0/readme");
        Assert.Equal("# Demo", await readme.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using var nuspec = await host.GetAsync("flat/demo.pkg/1.0.0/demo.pkg.nuspec");
        Assert.Equal(Nuspec(more: More), await nuspec.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var entry = (await host.JsonAsync("registration/demo.pkg/1.0.0.json"))["catalogEntry"]!;
        Assert.Equal($"{host.Repository()}flat/demo.pkg/1.0.0/icon", (string?)entry["iconUrl"]);

        Assert.Equal(HttpStatusCode.NotFound, await host.StatusAsync("flat/fake/1.0.0/icon"));
        Assert.Equal(HttpStatusCode.NotFound, await host.StatusAsync("flat/fake/1.0.0/readme"));
        Assert.Equal(HttpStatusCode.NotFound, await host.StatusAsync("flat/demo.pkg/1.0.0/other.1.0.0.nupkg"));
        Assert.Equal(HttpStatusCode.NotFound, await host.StatusAsync("flat/demo.pkg/2.0.0/demo.pkg.2.0.0.nupkg"));
        Assert.Equal(HttpStatusCode.NotFound, await host.StatusAsync("flat/nobody/index.json"));
        Assert.Equal(HttpStatusCode.BadRequest, await host.StatusAsync("flat/p%D0%B0ypal/index.json"));
    }

    [Fact]
    public async Task An_unlisted_version_is_there_for_whoever_names_it_and_an_archived_one_for_nobody()
    {
        await host.PublishAsync("Demo.Pkg", "1.0.0");
        await host.PublishAsync("Demo.Pkg", "1.1.0");
        await host.PublishAsync("Demo.Pkg", "1.2.0");
        await host.SetStatusAsync("demo.pkg", "1.1.0", "Unlisted");
        await host.SetStatusAsync("demo.pkg", "1.2.0", "Archived");

        Assert.Equal(["1.0.0", "1.1.0"], await VersionsAsync("demo.pkg"));
        Assert.Equal(HttpStatusCode.OK, await host.StatusAsync("flat/demo.pkg/1.1.0/demo.pkg.1.1.0.nupkg"));
        Assert.Equal(HttpStatusCode.NotFound, await host.StatusAsync("flat/demo.pkg/1.2.0/demo.pkg.1.2.0.nupkg"));
        var leaves = (await host.JsonAsync("registration/demo.pkg/index.json"))["items"]![0]!["items"]!.AsArray();
        Assert.Equal([true, false], leaves.Select(l => (bool)l!["catalogEntry"]!["listed"]!));
        Assert.Equal("1.0.0", (string?)(await SearchAsync("demo"))[0]!["version"]);
        Assert.Equal(["1.0.0"], (await host.JsonAsync("autocomplete?id=Demo.Pkg&semVerLevel=2.0.0"))["data"]!.AsArray().Select(v => (string)v!));
    }

    [Fact]
    public async Task Search_finds_words_of_ids_and_descriptions_in_all_repositories()
    {
        await host.PublishAsync("Demo.Tools", "1.0.0", """<packageTypes><packageType name="DotnetTool" /></packageTypes>""", "upper");
        await host.PublishAsync("Demo", "1.0.0", "<tags>first second</tags>");
        await host.PublishAsync("Demo", "2.0.0-beta.1");
        await host.PublishAsync("Other", "1.0.0-rc1", "<summary>Has DEMO in it</summary>");

        Assert.Equal(["Demo", "Demo.Tools"], Ids(await SearchAsync("DEMO")));
        Assert.Equal(["Demo", "Demo.Tools", "Other"], Ids(await SearchAsync("demo&prerelease=true")));
        Assert.Equal(["Demo.Tools"], Ids(await SearchAsync("demo&packageType=dotnettool")));
        Assert.Equal(["Demo"], Ids(await SearchAsync("packageid:demo")));
        Assert.Equal(["Demo.Tools"], Ids(await SearchAsync("demo%20tools")));
        Assert.Empty(await SearchAsync("%25"));
        Assert.Equal(["Demo.Tools"], Ids(await SearchAsync("demo&skip=1&take=1")));
        Assert.Equal("2.0.0-beta.1", (string?)(await SearchAsync("demo&prerelease=true"))[0]!["version"]);
        Assert.Equal("1.0.0", (string?)(await SearchAsync("demo"))[0]!["version"]);
        Assert.Equal(["Demo", "Demo.Tools"], (await host.JsonAsync("autocomplete?q=dem"))["data"]!.AsArray().Select(v => (string)v!));
        Assert.Equal(HttpStatusCode.BadRequest, await host.StatusAsync("query?take=many"));
    }

    private static IEnumerable<string> Ids(JsonArray data) => data.Select(d => (string)d!["id"]!);

    private async Task<JsonArray> SearchAsync(string query) => (await host.JsonAsync($"query?semVerLevel=2.0.0&q={query}"))["data"]!.AsArray();

    private async Task<IEnumerable<string>> VersionsAsync(string id) => (await host.JsonAsync($"flat/{id}/index.json"))["versions"]!.AsArray().Select(v => (string)v!);
}
