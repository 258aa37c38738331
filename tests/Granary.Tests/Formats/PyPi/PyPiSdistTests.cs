using Granary.Tests.Formats.Npm;
using static Granary.Tests.Formats.PyPi.PyPiSamples;

namespace Granary.Tests.Formats.PyPi;

public sealed class PyPiSdistTests
{
    private static readonly (string Name, string Text) Info = ("demo_pkg-1.0/PKG-INFO", PyPiSamples.Metadata);

    [Fact]
    public async Task Reads_what_an_sdist_says_of_itself()
    {
        var read = await InspectAsync(Tgz(Info, ("demo_pkg-1.0/demo_pkg.egg-info/PKG-INFO", "Name: other"), ("demo_pkg-1.0/setup.py", "")), Sdist);
        Assert.Equal(("Demo.Pkg", "1.0", null), (read.Metadata.Name, read.Metadata.Version, read.MetadataSha256));
    }

    [Theory]
    [InlineData("demo-pkg-1.0.tar.gz", "demo-pkg-1.0/PKG-INFO")]
    [InlineData("Demo.Pkg-1.0.0.tar.gz", "Demo.Pkg-1.0/PKG-INFO")]
    public async Task Takes_the_older_spellings_of_names(string file, string path) =>
        Assert.Equal("1.0", (await InspectAsync(Tgz((path, PyPiSamples.Metadata)), file)).Metadata.Version);

    [Fact]
    public async Task Refuses_what_is_not_one_folder_with_its_metadata()
    {
        await RefusedAsync(Tgz(("demo_pkg-1.0/setup.py", "")), "no PKG-INFO", Sdist);
        await RefusedAsync(Tgz(Info, ("other-1.0/setup.py", "")), "top folder", Sdist);
        await RefusedAsync(Tgz(("demo_pkg-1.1/PKG-INFO", PyPiSamples.Metadata)), "top folder", Sdist);
        await RefusedAsync(Tgz(Info, Info), "twice", Sdist);
        await RefusedAsync(Tgz(Info, ("demo_pkg-1.0/pkg-info", "")), "two spellings", Sdist);
        await RefusedAsync(Tgz(Info, ("demo_pkg-1.0/../x", "")), "segment", Sdist);
        await RefusedAsync(Tgz(("demo_pkg-1.0/PKG-INFO", "Name: demo-pkg\nVersion: 2.0\n")), "must not be renamed", Sdist);
    }

    [Fact]
    public async Task Refuses_links_and_archives_that_are_not_whole()
    {
        var link = new TarMember("demo_pkg-1.0/link", [], '2', "/etc/passwd");
        await RefusedAsync(NpmSamples.Tgz(NpmSamples.File(Info.Name, Info.Text), link), "link", Sdist);
        var whole = Tgz(Info);
        await RefusedAsync(whole[..(whole.Length / 2)], "gzip", Sdist);
        await RefusedAsync([.. whole, .. whole], "gzip", Sdist);
    }
}
