using System.Text;
using Granary.Core;
using static Granary.Tests.Formats.NuGet.NuGetSamples;

namespace Granary.Tests.Formats.NuGet;

public sealed class NuGetPackageTests
{
    private const string Everything = """
        <title>Demo</title><owners>Bob</owners><summary>Short</summary><language>en</language><tags>one two, three</tags>
        <requireLicenseAcceptance>true</requireLicenseAcceptance><license type="expression">MIT</license><licenseUrl>https://licenses.example/MIT</licenseUrl>
        <projectUrl>https://demo.example/</projectUrl><icon>images\icon.png</icon><iconUrl>javascript:alert(1)</iconUrl><readme>docs\README.md</readme>
        <repository type="git" url="https://git.example/demo" commit="1" />
        <packageTypes><packageType name="DotnetTool" /></packageTypes>
        <dependencies>
          <group targetFramework=".NETStandard2.0"><dependency id="Left.Pad" version="1.0.0" exclude="Build" /><dependency id="Right" version="[2.0,3.0)" /></group>
          <group targetFramework="net8.0"><dependency id="left.pad" version="[1.0.0, )" /></group>
          <group targetFramework="net10.0" />
        </dependencies>
        """;

    [Fact]
    public async Task Reads_what_a_package_says_of_itself()
    {
        var read = await InspectAsync(Package("Demo.Pkg", "1.0.0.0-RC.1+abc", Everything, ("docs/README.md", "\uFEFF# Demo\n"), ("lib/net8.0/a.dll", "x")));
        Assert.Equal(("demo.pkg", "1.0.0-rc.1", "# Demo\n"), (read.Id, read.Version, read.Readme));
        var manifest = read.Manifest;
        Assert.Equal(("Demo.Pkg", "1.0.0-RC.1+abc", "Demo", "Ann", "Short"), (manifest.Id, manifest.Version, manifest.Title, manifest.Authors, manifest.Summary));
        Assert.Equal(["one", "two", "three"], manifest.Tags);
        Assert.Equal(("images\\icon.png", null, true), (manifest.IconFile, manifest.IconUrl, manifest.RequireLicenseAcceptance));
        Assert.Equal(["netstandard2.0", "net8.0", "net10.0"], manifest.DependencyGroups.Select(g => g.TargetFramework));
        Assert.Equal([("Left.Pad", "[1.0.0, )"), ("Right", "[2.0.0, 3.0.0)")], manifest.DependencyGroups[0].Dependencies.Select(d => (d.Id, d.Range)));
        Assert.Equal("DotnetTool", Assert.Single(manifest.PackageTypes).Name);
    }

    [Fact]
    public async Task What_is_kept_of_it_describes_it()
    {
        var format = new Granary.Formats.NuGet.NuGetFormat();
        var manifest = (await InspectAsync(Package(more: Everything))).Manifest.ToBytes();
        var described = format.Describe(new("nuget", "", "demo.pkg"), manifest);
        Assert.Equal(("Demo.Pkg", "Short", "https://demo.example/", "https://git.example/demo"), (described.DisplayName, described.Summary, described.HomePage, described.SourceCodeRepository));
        Assert.Equal(("MIT", "https://licenses.example/MIT"), (Assert.Single(described.Licenses).Name, described.Licenses[0].Url));
        Assert.Equal([("left.pad", "[1.0.0, )"), ("right", "[2.0.0, 3.0.0)")], format.Dependencies(manifest).Select(d => (d.Package, d.VersionRequirement)));
    }

    [Theory]
    [InlineData("""<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/hostname">]>""")]
    [InlineData("""<!DOCTYPE p SYSTEM "http://127.0.0.1:9/e.dtd">""")]
    [InlineData("""<!DOCTYPE p [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]>""")]
    public async Task Refuses_a_document_type_whatever_it_says(string type) =>
        await RefusedAsync(Zip(("x.nuspec", Nuspec().Replace("?>", $"?>{type}", StringComparison.Ordinal))), "DOCTYPE");

    [Fact]
    public async Task Refuses_a_nuspec_that_is_not_plain_UTF8()
    {
        var utf16 = Nuspec().Replace("utf-8", "utf-16", StringComparison.Ordinal);
        await RefusedAsync(Zip([("x.nuspec", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(utf16)])]), "not UTF-8");
        await RefusedAsync(Zip([("x.nuspec", Encoding.Unicode.GetBytes(utf16))]), "cannot be read");
        await RefusedAsync(Zip(("x.nuspec", utf16)), "utf-16");
        await RefusedAsync(Zip(("x.nuspec", Nuspec().Replace("utf-8", "utf-7", StringComparison.Ordinal))), "utf-7");
        await RefusedAsync(Zip([("x.nuspec", [.. Encoding.UTF8.GetBytes(Nuspec()), 0xFF])]), "not UTF-8");
        Assert.Equal("demo.pkg", (await InspectAsync(Zip([("x.nuspec", [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Nuspec())])]))).Id);
    }

    [Fact]
    public async Task Refuses_a_nuspec_that_is_nested_without_end()
    {
        var deep = string.Concat(Enumerable.Repeat("<a>", 60_000)) + string.Concat(Enumerable.Repeat("</a>", 60_000));
        await RefusedAsync(Zip(("x.nuspec", $"<package>{deep}</package>")), "nested deeper");
    }

    [Theory]
    [InlineData("<id>Victim</id>", "more than one <id>")]
    [InlineData("<ID>Victim</ID>", "more than one <id>")]
    [InlineData("<version>2.0.0</version>", "more than one <version>")]
    [InlineData("""<dependencies><dependency id="a" version="what" /></dependencies>""", "cannot be read")]
    public async Task Refuses_a_nuspec_that_readers_read_differently(string more, string reason) => await RefusedAsync(Package(more: more), reason);

    [Fact]
    public async Task A_range_that_nobody_understands_means_any_version_in_what_a_source_has_had_for_years()
    {
        var package = Package(more: """<dependencies><dependency id="a" version="what" /></dependencies>""");
        Assert.Null((await InspectAsync(package, strict: false)).Manifest.DependencyGroups[0].Dependencies[0].Range);
    }

    [Theory]
    [InlineData("p\u0430ypal", "1.0.0", "cannot be the id")]
    [InlineData("../up", "1.0.0", "cannot be the id")]
    [InlineData("a", "latest", "cannot be the version")]
    [InlineData("a", "1.0.0 beta", "cannot be the version")]
    public async Task Refuses_names_that_no_address_could_have(string id, string version, string reason) =>
        await RefusedAsync(Zip(("x.nuspec", Nuspec(id, version))), reason);

    [Theory]
    [InlineData("../../PWNED")]
    [InlineData("..\\PWNED")]
    [InlineData("/tmp/PWNED")]
    [InlineData("C:\\PWNED")]
    [InlineData("lib/%2e%2e/%2e%2e/PWNED")]
    [InlineData("%2Ftmp/PWNED")]
    public async Task Refuses_paths_that_lead_out(string path) => await RefusedAsync(Package(files: (path, "1")), "path");

    [Fact]
    public async Task Refuses_what_has_not_exactly_one_nuspec()
    {
        await RefusedAsync(Zip(("lib/a.nuspec", Nuspec())), "no .nuspec");
        await RefusedAsync(Zip(("a.nuspec", Nuspec("Innocent")), ("b.nuspec", Nuspec("Victim"))), "two .nuspec");
        await RefusedAsync(Zip(("X.NUSPEC", Nuspec("Innocent")), ("x.nuspec", Nuspec("Victim"))), "in two spellings");
        await RefusedAsync(Zip(("%78.nuspec", Nuspec("Innocent")), ("x.nuspec", Nuspec("Victim"))), "twice");
        await RefusedAsync(Zip(("x.nuspec", Nuspec("Innocent")), ("x.nuspec", Nuspec("Victim"))), "twice");
        Assert.Equal("demo.pkg", (await InspectAsync(Package(files: ("content/template.nuspec", Nuspec("Victim"))))).Id);
    }

    [Fact]
    public async Task Refuses_what_is_no_sound_archive()
    {
        var whole = Package();
        var directory = whole.AsSpan().IndexOf("PK\u0001\u0002"u8);
        await RefusedAsync([.. whole, .. new byte[100]], "end record");
        await RefusedAsync(whole[..^30], "end record");
        await RefusedAsync(Changed(whole, 30, (byte)'y'), "local header");
        await RefusedAsync(Changed(whole, directory + 16, (byte)(whole[directory + 16] ^ 1)), "local header");
        await RefusedAsync(Changed(whole, directory + 24, 5), "local header");
        await RefusedAsync("not a zip"u8.ToArray(), "end record");
    }

    [Fact]
    public async Task Refuses_a_bomb() =>
        await RefusedAsync(Zip([("x.nuspec", Encoding.UTF8.GetBytes(Nuspec())), ("lib/a.bin", new byte[80 << 20])]), "unpacks to more", RefusalKind.Validation);

    [Fact]
    public async Task Refuses_a_nuspec_larger_than_any() =>
        await RefusedAsync(Zip(("x.nuspec", Nuspec(more: $"<releaseNotes>{new string('x', 1 << 20)}</releaseNotes>"))), ".nuspec has", RefusalKind.Validation);

    private static byte[] Changed(byte[] bytes, int at, byte value)
    {
        byte[] copy = [.. bytes];
        copy[at] = value;
        return copy;
    }
}
