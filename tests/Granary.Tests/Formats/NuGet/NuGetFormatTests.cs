using Granary.Formats.NuGet;

namespace Granary.Tests.Formats.NuGet;

public sealed class NuGetFormatTests
{
    [Theory]
    [InlineData("1.0", "1.0.0")]
    [InlineData("1.0.0.0", "1.0.0")]
    [InlineData("01.0.0", "1.0.0")]
    [InlineData("1.0.01.0", "1.0.1")]
    [InlineData("1.0.7+r3456", "1.0.7")]
    [InlineData("1.2.3.4", "1.2.3.4")]
    [InlineData("1.0.0-RC.1", "1.0.0-rc.1")]
    [InlineData("not a version", "not a version")]
    public void Normalises_versions(string written, string normal)
    {
        var format = new NuGetFormat();
        Assert.Equal(normal, format.NormalizeVersion(written));
        Assert.Equal(0, format.VersionOrder.Compare(written, normal));
    }

    [Fact]
    public void Orders_the_fourth_number_after_the_third_and_labels_without_case()
    {
        string[] sorted = ["none", "1.0.0-alpha.2", "1.0.0-Alpha.10", "1.0.0-beta", "1.0", "1.0.0.1", "1.0.1"];
        Assert.Equal(sorted, sorted.Reverse().Order(new NuGetFormat().VersionOrder));
    }

    [Fact]
    public void Ids_are_not_told_apart_by_case() => Assert.Equal("newtonsoft.json", new NuGetFormat().NormalizeName("Newtonsoft.Json"));
}
