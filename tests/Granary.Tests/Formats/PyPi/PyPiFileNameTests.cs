using Granary.Formats.PyPi;

namespace Granary.Tests.Formats.PyPi;

public sealed class PyPiFileNameTests
{
    [Theory]
    [InlineData("demo_pkg-1.0-py3-none-any.whl", "demo_pkg", "1.0", true)]
    [InlineData("demo-1.0-1build-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "demo", "1.0", true)]
    [InlineData("demo-1!2.0+local.1-py2.py3-none-any.whl", "demo", "1!2.0+local.1", true)]
    [InlineData("demo_pkg-1.0.tar.gz", "demo_pkg", "1.0", false)]
    [InlineData("demo-pkg-1.0rc1.tar.gz", "demo-pkg", "1.0rc1", false)]
    public void Reads_names(string file, string project, string version, bool isWheel) =>
        Assert.Equal(new PyPiFileName(file, project, version, isWheel), PyPiFileName.Parse(file));

    [Theory]
    [InlineData("demo-1.0-none-any.whl")]
    [InlineData("demo-1.0-build-py3-none-any.whl")]
    [InlineData("demo-1.0-1-py3-none-any-more.whl")]
    [InlineData("demo-one-py3-none-any.whl")]
    [InlineData("demo-1.0--none-any.whl")]
    [InlineData("_demo-1.0-py3-none-any.whl")]
    [InlineData("demo-1.0.WHL")]
    [InlineData("demo.tar.gz")]
    [InlineData("demo-1.0.zip")]
    [InlineData("demo-1.0.egg")]
    [InlineData("../demo-1.0.tar.gz")]
    [InlineData("d\u0435mo-1.0.tar.gz")]
    [InlineData("demo-1.0.tar.gz\n")]
    [InlineData("")]
    public void Refuses_what_no_installer_takes_for_a_distribution(string file) => Assert.Null(PyPiFileName.Parse(file));

    [Theory]
    [InlineData("Demo.Pkg", "1.0", true)]
    [InlineData("demo-pkg", "v1.0.0", true)]
    [InlineData("demopkg", "1.0", false)]
    [InlineData("demo-pkg", "1.0.post0", false)]
    [InlineData("demo-pkg", "one", false)]
    public void Compares_as_the_ecosystem_does(string project, string version, bool agrees) =>
        Assert.Equal(agrees, PyPiFileName.Parse("demo_pkg-1.0-py3-none-any.whl")!.Agrees(project, version));
}
