using System.Text;
using Granary.Core.Events;
using static Granary.Tests.Formats.PyPi.PyPiHost;
using static Granary.Tests.Formats.PyPi.PyPiSamples;

namespace Granary.Tests.Formats.PyPi;

public sealed class PyPiUploadTests : IAsyncLifetime
{
    private static readonly byte[] Whole = Zip(Files());
    private static readonly byte[] Source = Tgz(("demo_pkg-1.0/PKG-INFO", PyPiSamples.Metadata), ("demo_pkg-1.0/setup.py", ""));

    private PyPiHost host = null!;

    public async ValueTask InitializeAsync() => host = await PyPiHost.StartAsync();

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Makes_one_version_of_a_wheel_and_an_sdist()
    {
        (await host.UploadAsync(Whole)).Ok();
        (await host.UploadAsync(Source, Sdist)).Ok();
        var page = await host.JsonAsync("demo-pkg");
        Assert.Equal(["1.0"], page["versions"]!.AsArray().Select(v => (string)v!));
        Assert.Equal([Wheel, Sdist], page["files"]!.AsArray().Select(f => (string)f!["filename"]!));
        Assert.Equal(Source, (await host.GetAsync($"simple/demo-pkg/1.0/{Sdist}")).Ok().Bytes);

        var version = (await host.Control.GetAsync("/v1/package/version?domain=tools&repository=shop&format=pypi&package=demo-pkg&version=1.0")).Ok();
        Assert.Equal(("Demo.Pkg", "A demo", "Published"), (version.Text("packageVersion", "displayName"), version.Text("packageVersion", "summary"), version.Text("packageVersion", "status")));
    }

    [Fact]
    public async Task Takes_the_same_file_again_and_no_other_under_its_name()
    {
        (await host.UploadAsync(Whole)).Ok();
        var changes = (await host.Control.ChangesAsync()).Count;
        (await host.UploadAsync(Whole)).Ok();
        Assert.Equal(changes, (await host.Control.ChangesAsync()).Count);

        var other = await host.UploadAsync(Zip([.. Files(), ("demo_pkg/more.py", "")]));
        Assert.Equal(409, other.Status);
        Assert.Contains("other bytes already", Text(other), StringComparison.Ordinal);
        Assert.Equal(Whole, (await host.GetAsync($"simple/demo-pkg/1.0/{Wheel}")).Ok().Bytes);
    }

    [Fact]
    public async Task Counts_texts_of_one_version_as_one()
    {
        (await host.UploadAsync(Whole, version: "v1.0")).Ok();
        const string Metadata = "Metadata-Version: 2.1\nName: demo_pkg\nVersion: 1.0.0\n";
        (await host.UploadAsync(Tgz(("demo-pkg-1.0.0/PKG-INFO", Metadata)), "demo-pkg-1.0.0.tar.gz", "DEMO--pkg", "1.0.0")).Ok();
        var page = await host.JsonAsync("demo-pkg");
        Assert.Equal(["1.0"], page["versions"]!.AsArray().Select(v => (string)v!));
        Assert.Equal(2, page["files"]!.AsArray().Count);
    }

    [Fact]
    public async Task Lets_one_of_two_at_once_win()
    {
        var other = Zip([.. Files(), ("demo_pkg/more.py", "")]);
        var replies = await Task.WhenAll(host.UploadAsync(Whole), host.UploadAsync(other), host.UploadAsync(Source, Sdist));
        Assert.Equal([200, 409], replies[..2].Select(r => r.Status).Order());
        Assert.Equal(200, replies[2].Status);
        Assert.Equal(2, (await host.JsonAsync("demo-pkg"))["files"]!.AsArray().Count);
        Assert.Single(await host.Control.ChangesAsync(), c => c.Kind is ChangeKind.VersionCreated);
    }

    [Theory]
    [InlineData("sha256_digest", "00")]
    [InlineData("md5_digest", "d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("name", "other")]
    [InlineData("name", "демо")]
    [InlineData("version", "1.0.post1")]
    [InlineData("version", "one")]
    [InlineData("filetype", "sdist")]
    [InlineData(":action", "submit")]
    [InlineData("requires_python", ">=3.12")]
    [InlineData("requires_dist", "evil")]
    public async Task Refuses_a_form_that_says_something_else_than_its_file(string field, string value)
    {
        var fields = Fields(Whole).Where(f => f.Name != field).Append((field, value));
        Assert.Equal(400, (await host.UploadAsync(fields, Whole, Wheel)).Status);
        Assert.Empty(await VersionsAsync());
    }

    [Fact]
    public async Task Takes_what_the_form_says_of_dependencies_however_it_is_spaced()
    {
        (await host.UploadAsync(Fields(Whole).Append(("requires_dist", "left-pad >= 1")), Whole, Wheel)).Ok();
        Assert.Equal(400, (await host.UploadAsync([.. Fields(Source), ("requires_dist", "left-pad>=1"), ("requires_dist", "more")], Source, Sdist)).Status);
    }

    [Theory]
    [InlineData("demo_pkg-1.0.zip")]
    [InlineData("demo_pkg-1.0-1.whl")]
    [InlineData("../demo_pkg-1.0-py3-none-any.whl")]
    [InlineData("demo_pkg-1.1-py3-none-any.whl")]
    [InlineData("other-1.0-py3-none-any.whl")]
    [InlineData("")]
    public async Task Refuses_a_file_name_that_is_none_of_the_version(string file)
    {
        var reply = await host.UploadAsync(Whole, file);
        Assert.Equal(400, reply.Status);
        Assert.Empty(await VersionsAsync());
    }

    [Fact]
    public async Task Refuses_forms_that_are_none_or_can_be_read_in_two_ways()
    {
        var content = Part($"name=\"content\"; filename=\"{Wheel}\"", Whole);
        byte[][] fields = [.. Fields(Whole).Select(f => Part($"name=\"{f.Name}\"", Encoding.UTF8.GetBytes(f.Value)))];
        Assert.Equal(400, (await host.SendAsync("POST", "", Body([content, .. fields]))).Status);
        Assert.Equal(400, (await host.SendAsync("POST", "", Body([.. fields, content, content]))).Status);
        Assert.Equal(400, (await host.SendAsync("POST", "", Body([.. fields, Part("name=\"name\"", "victim"u8.ToArray()), content]))).Status);
        Assert.Equal(400, (await host.SendAsync("POST", "", Body(fields))).Status);
        Assert.Equal(400, (await host.SendAsync("POST", "", Body([.. fields, content])[..^20])).Status);
        Assert.Equal(400, (await host.SendAsync("POST", "", "no form"u8.ToArray())).Status);
        Assert.Equal(413, (await host.SendAsync("POST", "", Body([Part("name=\"description\"", new byte[17 << 20]), .. fields, content]))).Status);
        Assert.Empty(await VersionsAsync());
    }

    [Fact]
    public async Task Refuses_what_is_larger_than_an_asset_may_be()
    {
        await using var small = await PyPiHost.StartAsync(options => options with { Quotas = options.Quotas with { AssetSize = Whole.Length - 1 } });
        var reply = await small.UploadAsync(Whole);
        Assert.Equal(413, reply.Status);
        Assert.Contains("Quotas:AssetSize", Text(reply), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_whether_the_caller_may_before_it_takes_the_file()
    {
        var reader = await host.TokenAsync("reader", """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["codeartifact:ReadFromRepository"],"Resource":"*"}]}""");
        Assert.Equal(403, (await host.UploadAsync(Fields(Whole), Whole, Wheel, by: reader)).Status);
        var author = await host.TokenAsync(
            "author", $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["codeartifact:PublishPackageVersion"],"Resource":"arn:aws:codeartifact:*:*:package/tools/shop/pypi//demo-pkg"}]}""");
        (await host.UploadAsync(Fields(Whole), Whole, Wheel, by: author)).Ok();
        Assert.Equal(403, (await host.UploadAsync(Fields(Whole, "victim"), Whole, Wheel, by: author)).Status);
    }

    [Fact]
    public async Task Keeps_to_origin_controls()
    {
        (await host.UploadAsync(Whole)).Ok();
        (await host.Control.PostAsync("/v1/package?domain=tools&repository=shop&format=pypi&package=demo-pkg", """{"restrictions":{"publish":"BLOCK","upstream":"BLOCK"}}""")).Ok();
        Assert.Equal(403, (await host.UploadAsync(Source, Sdist)).Status);
    }

    [Fact]
    public async Task Tells_what_is_wrong_in_one_line_that_clients_show()
    {
        var reply = await host.UploadAsync(Whole, "demo\tpkg.exe");
        Assert.Equal(400, reply.Status);
        Assert.Equal("text/plain; charset=utf-8", reply.ContentHeaders.ContentType!.ToString());
        Assert.Contains("is not the name of a wheel", Text(reply), StringComparison.Ordinal);
        Assert.Equal("a b ?? c", Granary.Formats.PlainRefusal.Phrase("a\nb \u2026\u0001 c"));
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Refuses_archives_that_are_built_to_deceive(string kind)
    {
        var (file, archive) = Make(kind);
        var reply = await host.UploadAsync(archive, file);
        Assert.True(reply.Status is 400, $"{reply.Status} {Text(reply)}");
        Assert.Empty(await VersionsAsync());
    }

    public static TheoryData<string> Hostile =>
    [
        "nothing", "trailing bytes", "leading bytes", "cut", "another local name", "wrong CRC", "a size that lies", "a path that climbs", "a file twice", "METADATA twice",
        "no RECORD", "a file that RECORD lacks", "a bomb", "not gzip", "sdist cut", "two gzip members", "an sdist path that climbs", "PKG-INFO twice", "two top folders",
    ];

    private static (string File, byte[] Archive) Make(string kind) => kind switch
    {
        "nothing" => (Wheel, []),
        "trailing bytes" => (Wheel, [.. Whole, 0]),
        "leading bytes" => (Wheel, [0, .. Whole]),
        "cut" => (Wheel, Whole[..^30]),
        "another local name" => (Wheel, With(30, (byte)'D')),
        "wrong CRC" => (Wheel, With(14, 0xAA)),
        "a size that lies" => (Wheel, With(System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(Whole.AsSpan(Whole.Length - 6)) + 24, 5)),
        "a path that climbs" => (Wheel, Zip([.. Files(), ("../up.py", "")])),
        "a file twice" => (Wheel, Zip([.. Files(), ("demo_pkg/__init__.py", "y")])),
        "METADATA twice" => (Wheel, Zip([.. Files(), ("demo_pkg-1.0.dist-info/METADATA", "y")])),
        "no RECORD" => (Wheel, Plain(Files())),
        "a file that RECORD lacks" => (Wheel, Plain([.. Files(), ("extra.py", "x"), ("demo_pkg-1.0.dist-info/RECORD", Record(Files()))])),
        "a bomb" => (Wheel, Zip([.. Files(), ("zeros", new string('0', 70 << 20))])),
        "not gzip" => (Sdist, Whole),
        "sdist cut" => (Sdist, Source[..^8]),
        "two gzip members" => (Sdist, [.. Source, .. Source]),
        "an sdist path that climbs" => (Sdist, Tgz(("demo_pkg-1.0/PKG-INFO", PyPiSamples.Metadata), ("demo_pkg-1.0/../../up", ""))),
        "PKG-INFO twice" => (Sdist, Tgz(("demo_pkg-1.0/PKG-INFO", PyPiSamples.Metadata), ("demo_pkg-1.0/PKG-INFO", "Name: victim\nVersion: 1.0\n"))),
        "two top folders" => (Sdist, Tgz(("demo_pkg-1.0/PKG-INFO", PyPiSamples.Metadata), ("other-1.0/x", ""))),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static byte[] With(int at, byte value)
    {
        var wheel = Whole.ToArray();
        Assert.NotEqual(value, wheel[at]);
        wheel[at] = value;
        return wheel;
    }

    private async Task<string[]> VersionsAsync()
    {
        var reply = await host.Control.PostAsync("/v1/packages?domain=tools&repository=shop");
        return reply.Ok().Each("packages", "package");
    }
}
