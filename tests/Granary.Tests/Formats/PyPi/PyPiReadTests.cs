using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Granary.Tests.ControlPlane;
using static Granary.Tests.Formats.PyPi.PyPiSamples;

namespace Granary.Tests.Formats.PyPi;

public sealed class PyPiReadTests : IAsyncLifetime
{
    private const string Json = "application/vnd.pypi.simple.v1+json";
    private const string Text = "Metadata-Version: 2.1\nName: Demo.Pkg\nVersion: 1.0\nSummary: A <b>demo</b>\nHome-page: https://demo.example/\nLicense: MIT\nAuthor: Ann\n"
        + "Requires-Python: >=3.6,<4\nRequires-Dist: left-pad>=1 ; extra == \"x\"\nRequires-Dist: right.pad\nProject-URL: Source Code, https://code.example/\n\n# Read me\n";

    private static readonly byte[] Whole = Zip(Files(Text));

    private PyPiHost host = null!;

    public async ValueTask InitializeAsync()
    {
        host = await PyPiHost.StartAsync();
        (await host.UploadAsync(Whole)).Ok();
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Lists_a_project_as_JSON()
    {
        var page = await host.JsonAsync("demo-pkg");
        Assert.Equal(("demo-pkg", "1.1"), ((string)page["name"]!, (string)page["meta"]!["api-version"]!));
        var file = page["files"]!.AsArray().Single()!;
        Assert.Equal(Wheel, (string)file["filename"]!);
        Assert.Equal($"{host.Control.Address}pypi/d/tools-{ControlPlaneHost.Owner}/shop/simple/demo-pkg/1.0/{Wheel}", (string)file["url"]!);
        Assert.Equal(Hex(Whole), (string)file["hashes"]!["sha256"]!);
        Assert.Equal(Whole.Length, (int)file["size"]!);
        Assert.Equal(">=3.6,<4", (string)file["requires-python"]!);
        Assert.Equal(Hex(Encoding.UTF8.GetBytes(Text)), (string)file["core-metadata"]!["sha256"]!);
        Assert.Equal(Hex(Encoding.UTF8.GetBytes(Text)), (string)file["data-dist-info-metadata"]!["sha256"]!);
        Assert.False((bool)file["yanked"]!);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", (string)file["upload-time"]!);
    }

    [Fact]
    public async Task Lists_a_project_as_HTML_with_everything_escaped()
    {
        var reply = (await host.GetAsync("simple/demo-pkg/")).Ok();
        Assert.Equal("text/html; charset=utf-8", reply.ContentHeaders.ContentType!.ToString());
        var page = PyPiHost.Text(reply);
        Assert.Contains("<meta name=\"pypi:repository-version\" content=\"1.1\">", page, StringComparison.Ordinal);
        var anchor = Assert.Single(Regex.Matches(page, "<a .*</a>")).Value;
        Assert.Contains($"/simple/demo-pkg/1.0/{Wheel}#sha256={Hex(Whole)}\"", anchor, StringComparison.Ordinal);
        Assert.Contains("data-requires-python=\"&gt;=3.6,&lt;4\"", anchor, StringComparison.Ordinal);
        Assert.Contains($"data-core-metadata=\"sha256={Hex(Encoding.UTF8.GetBytes(Text))}\"", anchor, StringComparison.Ordinal);
        Assert.DoesNotContain("data-yanked", anchor, StringComparison.Ordinal);
        Assert.EndsWith($">{Wheel}</a>", anchor, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "text/html; charset=utf-8")]
    [InlineData("*/*", "text/html; charset=utf-8")]
    [InlineData("text/*", "text/html; charset=utf-8")]
    [InlineData("text/html", "text/html; charset=utf-8")]
    [InlineData(Json, Json)]
    [InlineData("application/vnd.pypi.simple.latest+json", Json)]
    [InlineData("application/vnd.pypi.simple.latest+html", "application/vnd.pypi.simple.v1+html")]
    [InlineData("application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.v1+html")]
    [InlineData("application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01", Json)]
    [InlineData("application/vnd.pypi.simple.v1+json;q=0.2, text/html;q=0.9", "text/html; charset=utf-8")]
    [InlineData("*/*, application/vnd.pypi.simple.v1+json", Json)]
    [InlineData("*/*;q=0.5, application/vnd.pypi.simple.v1+json;q=0", "text/html; charset=utf-8")]
    [InlineData("application/vnd.pypi.simple.v2+json, text/html;q=0.1", "text/html; charset=utf-8")]
    [InlineData("image/png, application/json", null)]
    [InlineData("text/html;q=0, */*", null)]
    [InlineData("application/vnd.pypi.simple.v2+json", null)]
    [InlineData("nonsense", null)]
    public async Task Answers_in_the_form_that_the_client_prefers(string? accept, string? type)
    {
        var reply = await host.GetAsync("simple/demo-pkg/", accept);
        Assert.Equal(type is null ? 406 : 200, reply.Status);
        Assert.Contains("Accept", reply.Headers.Vary);
        if (type is not null)
        {
            Assert.Equal(type, reply.ContentHeaders.ContentType!.ToString());
        }
    }

    [Theory]
    [InlineData("simple/Demo.Pkg/")]
    [InlineData("simple/demo_pkg/")]
    [InlineData("simple/demo-pkg")]
    [InlineData("simple/DEMO--pkg")]
    public async Task Redirects_to_the_one_address_of_a_project(string path)
    {
        var reply = await host.GetAsync(path);
        Assert.Equal(301, reply.Status);
        Assert.Equal($"{host.Control.Address}pypi/d/tools-{ControlPlaneHost.Owner}/shop/simple/demo-pkg/", reply.Header("Location"));
    }

    [Theory]
    [InlineData("simple/demo-pkg/", Json)]
    [InlineData("simple/demo-pkg/", "text/html")]
    [InlineData("pypi/demo-pkg/json", null)]
    [InlineData($"simple/demo-pkg/1.0/{Wheel}.metadata", null)]
    [InlineData($"simple/demo-pkg/1.0/{Wheel}", null)]
    public async Task Answers_304_to_whoever_has_it_and_heads_like_bodies(string path, string? accept)
    {
        var first = (await host.GetAsync(path, accept)).Ok();
        var etag = first.Header("ETag");
        var again = await host.GetAsync(path, accept, ("If-None-Match", etag));
        Assert.Equal((304, 0), (again.Status, again.Bytes.Length));
        Assert.Equal(etag, again.Header("ETag"));
        (await host.GetAsync(path, accept, ("If-None-Match", "\"other\""))).Ok();

        var head = await host.SendAsync("HEAD", path, headers: accept is null ? [] : [("Accept", accept)]);
        Assert.Equal((200, etag, 0), (head.Status, head.Header("ETag"), head.Bytes.Length));
        Assert.Equal(first.Bytes.Length, head.ContentHeaders.ContentLength);
    }

    [Fact]
    public async Task Has_another_ETag_when_something_was_published()
    {
        var before = (await host.GetAsync("simple/demo-pkg/", Json)).Ok().Header("ETag");
        (await host.UploadAsync(Tgz(("demo_pkg-1.0/PKG-INFO", Text)), Sdist)).Ok();
        (await host.GetAsync("simple/demo-pkg/", Json, ("If-None-Match", before))).Ok();
    }

    [Theory]
    [InlineData("simple/demo-pkg/", Json)]
    [InlineData("simple/demo-pkg/", "text/html")]
    [InlineData("pypi/demo-pkg/json", null)]
    public async Task Sends_the_same_page_compressed(string path, string? accept)
    {
        var plain = (await host.GetAsync(path, accept)).Ok();
        var packed = (await host.GetAsync(path, accept, ("Accept-Encoding", "gzip"))).Ok();
        Assert.Equal("gzip", packed.ContentHeaders.ContentEncoding.Single());
        Assert.NotEqual(plain.Header("ETag"), packed.Header("ETag"));
        Assert.Contains("Accept-Encoding", packed.Headers.Vary);
        using var output = new MemoryStream();
        await using var gzip = new GZipStream(new MemoryStream(packed.Bytes), CompressionMode.Decompress);
        await gzip.CopyToAsync(output, TestContext.Current.CancellationToken);
        Assert.Equal(plain.Bytes, output.ToArray());
        Assert.Equal(304, (await host.GetAsync(path, accept, ("If-None-Match", packed.Header("ETag")))).Status);
    }

    [Fact]
    public async Task Gives_the_metadata_of_a_wheel_apart()
    {
        Assert.Equal(Text, PyPiHost.Text((await host.GetAsync($"simple/demo-pkg/1.0/{Wheel}.metadata")).Ok()));
        (await host.UploadAsync(Tgz(("demo_pkg-1.0/PKG-INFO", Text)), Sdist)).Ok();
        Assert.Equal(404, (await host.GetAsync($"simple/demo-pkg/1.0/{Sdist}.metadata")).Status);
        Assert.Equal(404, (await host.GetAsync($"simple/demo-pkg/2.0/{Wheel}.metadata")).Status);
        Assert.Equal(404, (await host.GetAsync("simple/demo-pkg/1.0/other-1.0-py3-none-any.whl.metadata")).Status);
    }

    [Fact]
    public async Task Tells_the_JSON_API_s_readers_of_a_project()
    {
        var project = (await host.GetAsync("pypi/Demo_Pkg/json")).Ok();
        Assert.Equal("application/json", project.ContentHeaders.ContentType!.ToString());
        Assert.Equal(("Demo.Pkg", "1.0", "A <b>demo</b>"), (project.Text("info", "name"), project.Text("info", "version"), project.Text("info", "summary")));
        Assert.Equal(("MIT", ">=3.6,<4", "Ann"), (project.Text("info", "license"), project.Text("info", "requires_python"), project.Text("info", "author")));
        Assert.Equal(["left-pad>=1 ; extra == \"x\"", "right.pad"], project.At("info", "requires_dist")!.AsArray().Select(d => (string)d!));
        Assert.Equal("https://code.example/", project.Text("info", "project_urls", "Source Code"));
        var file = project.At("releases", "1.0")!.AsArray().Single()!;
        Assert.Equal((Wheel, "bdist_wheel", "py3", Hex(Whole)), ((string)file["filename"]!, (string)file["packagetype"]!, (string)file["python_version"]!, (string)file["digests"]!["sha256"]!));
        Assert.Equal(file.ToJsonString(), project.At("urls")!.AsArray().Single()!.ToJsonString());
        Assert.Equal(404, (await host.GetAsync("pypi/none/json")).Status);
    }

    [Fact]
    public async Task Tells_of_the_newest_release_that_is_no_prerelease()
    {
        foreach (var version in new[] { "1.10", "1.9", "2.0rc1" })
        {
            var metadata = $"Name: demo_pkg\nVersion: {version}\n";
            (await host.UploadAsync(Tgz(($"demo_pkg-{version}/PKG-INFO", metadata)), $"demo_pkg-{version}.tar.gz", version: version)).Ok();
        }

        Assert.Equal("1.10", (await host.GetAsync("pypi/demo-pkg/json")).Ok().Text("info", "version"));
        Assert.Equal(["1.0", "1.9", "1.10", "2.0rc1"], (await host.JsonAsync("demo-pkg"))["versions"]!.AsArray().Select(v => (string)v!));
    }

    [Fact]
    public async Task Is_described_on_the_control_plane()
    {
        const string Version = "domain=tools&repository=shop&format=pypi&package=demo-pkg&version=1.0";
        var described = (await host.Control.GetAsync($"/v1/package/version?{Version}")).Ok();
        Assert.Equal(("Demo.Pkg", "A <b>demo</b>"), (described.Text("packageVersion", "displayName"), described.Text("packageVersion", "summary")));
        Assert.Equal(("https://demo.example/", "https://code.example/"), (described.Text("packageVersion", "homePage"), described.Text("packageVersion", "sourceCodeRepository")));
        Assert.Equal("MIT", (string)described.At("packageVersion", "licenses")!.AsArray().Single()!["name"]!);
        Assert.Equal("# Read me\n", (await host.Control.GetAsync($"/v1/package/version/readme?{Version}")).Ok().Text("readme"));
        var dependencies = (await host.Control.PostAsync($"/v1/package/version/dependencies?{Version}")).Ok();
        Assert.Equal(["left-pad", "right-pad"], dependencies.Each("dependencies", "package"));
        Assert.Equal(">=1 ; extra == \"x\"", (string)dependencies.Body["dependencies"]![0]!["versionRequirement"]!);
        Assert.Equal([Wheel], (await host.Control.PostAsync($"/v1/package/version/assets?{Version}")).Ok().Each("assets", "name"));
    }

    [Theory]
    [InlineData("Archived", 404, 404)]
    [InlineData("Unlisted", 404, 200)]
    public async Task Hides_what_its_status_hides(string status, int listed, int read)
    {
        (await host.Control.PostAsync("/v1/package/versions/update_status?domain=tools&repository=shop&format=pypi&package=demo-pkg", $$"""{"versions":["1.0"],"targetStatus":"{{status}}"}""")).Ok();
        Assert.Equal(listed, (await host.GetAsync("simple/demo-pkg/")).Status);
        Assert.Equal(read, (await host.GetAsync($"simple/demo-pkg/1.0/{Wheel}")).Status);
        Assert.Equal(read, (await host.GetAsync($"simple/demo-pkg/1.0/{Wheel}.metadata")).Status);
    }

    [Theory]
    [InlineData("simple/none/", 404)]
    [InlineData("simple/-demo/", 400)]
    [InlineData("simple/d%C3%A9mo/", 400)]
    [InlineData("simple/", 404)]
    [InlineData("simple/demo-pkg/1.0/none-1.0-py3-none-any.whl", 404)]
    public async Task Says_what_is_not_there(string path, int status) => Assert.Equal(status, (await host.GetAsync(path)).Status);

    [Fact]
    public async Task Downstream_lists_and_metadata_keep_nothing_and_a_download_keeps_the_version()
    {
        (await host.Control.PutAsync("/v1/repository?domain=tools&repository=spare", """{"upstreams":[{"repositoryName":"shop"}]}""")).Ok();
        await host.JsonAsync("demo-pkg", "spare");
        (await host.SendAsync("GET", $"simple/demo-pkg/1.0/{Wheel}.metadata", repository: "spare")).Ok();
        Assert.Empty((await host.Control.PostAsync("/v1/packages?domain=tools&repository=spare")).Ok().Each("packages", "package"));
        (await host.SendAsync("GET", $"simple/demo-pkg/1.0/{Wheel}", repository: "spare")).Ok();
        Assert.Equal(["demo-pkg"], (await host.Control.PostAsync("/v1/packages?domain=tools&repository=spare")).Ok().Each("packages", "package"));
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
