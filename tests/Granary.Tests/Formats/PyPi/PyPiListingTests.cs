using System.Text;
using Granary.Core;
using Granary.Core.Packages;
using Granary.Core.Upstreams;
using Granary.Formats.PyPi;

namespace Granary.Tests.Formats.PyPi;

public sealed class PyPiListingTests
{
    private const string Sha = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private static readonly PackageCoordinate Demo = new("pypi", "", "demo-pkg");
    private static readonly Source Index = new("public:pypi", new Uri("https://index.example/simple/"), null);

    [Fact]
    public async Task Reads_a_page_in_JSON()
    {
        var listing = await ReadAsync($$"""
            {"meta":{"api-version":"1.4","_last-serial":7},"name":"Demo_Pkg","versions":["1.0","2.0"],"unknown":{},"files":[
            {"filename":"demo_pkg-1.0-py3-none-any.whl","url":"https://files.example/a","hashes":{"md5":"x","sha256":"{{Sha.ToUpperInvariant()}}"},"size":5,
             "upload-time":"2020-01-02T03:04:05.5Z","requires-python":">=3","yanked":"bad","core-metadata":{"sha256":"{{Sha}}"} },
            {"filename":"demo-pkg-1.0.0.tar.gz","url":"../b","hashes":{"sha256":"{{Sha}}"},"yanked":true,"core-metadata":true},
            {"filename":"demo_pkg-2.0.zip","url":"c","hashes":{"sha256":"{{Sha}}"},"yanked":false,"data-dist-info-metadata":false},
            {"filename":"demo_pkg-3.0.tar.gz","url":"d","hashes":{"md5":"x"} },
            {"filename":"victim-1.0.tar.gz","url":"e","hashes":{"sha256":"{{Sha}}"} },
            {"filename":"demo_pkg-1.0.egg","url":"f","hashes":{"sha256":"{{Sha}}"} }]}
            """);
        Assert.Equal(["1.0", "2.0"], listing.Versions.Select(v => v.Version));
        Assert.Equal(new PyPiFile("demo_pkg-1.0-py3-none-any.whl", Sha, 5, new DateTimeOffset(2020, 1, 2, 3, 4, 5, 500, TimeSpan.Zero), ">=3", Sha, "bad"), listing.Versions[0].Files[0].File);
        Assert.Equal(new PyPiFile("demo-pkg-1.0.0.tar.gz", Sha, null, null, null, null, ""), listing.Versions[0].Files[1].File);
        Assert.Null(listing.Versions[1].Files.Single().File.Yanked);
    }

    [Fact]
    public async Task Reads_a_page_in_HTML()
    {
        var listing = await ReadAsync($"""
            <!DOCTYPE html><html><body><!-- <a href="demo_pkg-9.0.tar.gz#sha256={Sha}">no</a> -->
            <A data-requires-python='&gt;=3' HREF="../../f/demo_pkg-1.0-py3-none-any.whl#egg=x&amp;sha256={Sha}" data-yanked data-dist-info-metadata="sha256={Sha}">x</a>
            <a href=demo_pkg-1.1.tar.gz#sha256={Sha}>y</a><a>z</a><a href="demo_pkg-1.2.tar.gz#md5=x">w</a> < 3
            """);
        Assert.Equal(["1.0", "1.1"], listing.Versions.Select(v => v.Version));
        Assert.Equal(new PyPiFile("demo_pkg-1.0-py3-none-any.whl", Sha, null, null, ">=3", Sha, ""), listing.Versions[0].Files[0].File);
        var version = new PyPiUpstream().Find(Index, listing.Write(), Demo, "1.0")!;
        Assert.Equal(new Uri("https://index.example/f/demo_pkg-1.0-py3-none-any.whl"), version.Assets.Single().Address);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"meta\":{\"api-version\":\"2.0\"},\"name\":\"demo-pkg\",\"files\":[]}")]
    [InlineData("{\"meta\":{\"api-version\":\"1.0\"},\"name\":\"other\",\"files\":[]}")]
    [InlineData("{\"meta\":{\"api-version\":\"1.0\"},\"name\":\"demo-pkg\",\"files\":[")]
    [InlineData("{\"meta\":{\"api-version\":\"1.0\"},\"name\":\"\\ud800\",\"files\":[]}")]
    [InlineData("<html><body><h1>Log in</h1><a href=\"/login\">here</a></body></html>")]
    public async Task Refuses_what_is_no_page_of_the_project(string page) =>
        Assert.Equal(RefusalKind.SourceFailed, (await Assert.ThrowsAsync<Refusal>(() => ReadAsync(page))).Kind);

    [Fact]
    public async Task Takes_a_page_without_files_for_one_where_it_says_so()
    {
        Assert.Empty((await ReadAsync("<meta name='pypi:repository-version' content='1.0'>")).Versions);
        Assert.Empty((await ReadAsync("{\"meta\":{\"api-version\":\"1.0\"},\"name\":\"demo-pkg\",\"files\":[]}")).Versions);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("v1.0.0", true)]
    [InlineData("1.0.1", false)]
    public async Task Has_a_version_by_any_of_its_texts(string version, bool has)
    {
        var listing = await ReadAsync($"<a href='demo_pkg-1.0.tar.gz#sha256={Sha}'>");
        Assert.Equal(has, new PyPiUpstream().Has(listing.Write(), Demo, version));
    }

    [Theory]
    [InlineData("demo-pkg-1.0-1.tar.gz", "1.0-1")]
    [InlineData("Demo.Pkg-2.0b1.zip", "2.0b1")]
    [InlineData("demo-pkg-extra-1.0.tar.gz", null)]
    [InlineData("demo-pkg-1.0.tar.bz2", null)]
    [InlineData("demo/pkg-1.0.tar.gz", null)]
    public void Splits_names_by_the_project_that_lists_them(string file, string? version) =>
        Assert.Equal(version, PyPiFileName.ParseListed(file, "demo-pkg")?.Version);

    [Fact]
    public void A_version_that_gains_keeps_its_bytes_and_learns_what_was_yanked()
    {
        var other = new string('b', 64);
        var kept = Manifest([new PyPiFile("a", Sha, 1, null, null, Sha, null), new PyPiFile("b", Sha, 1, null, null, null, null)]);
        var offered = Manifest([new PyPiFile("a", Sha, 1, null, null, null, "why"), new PyPiFile("b", other, 2, null, null, null, "why"), new PyPiFile("c", other, 3, null, null, null, null)]);
        var gathered = kept.Gather(offered).Files;
        Assert.Equal(["a", "b", "c"], gathered.Select(file => file.Name));
        Assert.Equal((Sha, "why", Sha), (gathered[0].Sha256, gathered[0].Yanked, gathered[0].MetadataSha256));
        Assert.Equal((Sha, null), (gathered[1].Sha256, gathered[1].Yanked));
    }

    private static PyPiManifest Manifest(IReadOnlyList<PyPiFile> files) => PyPiManifest.Offered("demo", new PyPiListedVersion("1.0", [.. files.Select(file => new PyPiListedFile(file, file.Name))]));

    private static async Task<PyPiListing> ReadAsync(string page)
    {
        using var whole = new MemoryStream();
        await foreach (var piece in new PyPiUpstream().CompleteAsync(null!, Index, Demo, new MemoryStream(Encoding.UTF8.GetBytes(page)), TestContext.Current.CancellationToken)!)
        {
            whole.Write(piece.Span);
        }

        whole.Position = 0;
        Assert.Null(await new PyPiUpstream().CheckAsync(Demo, whole, TestContext.Current.CancellationToken));
        return PyPiListing.Read(whole.ToArray());
    }
}
