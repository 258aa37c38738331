using Granary.Core;
using Granary.Formats;

namespace Granary.Tests.Formats;

public sealed class PackageFormatsTests
{
    [Fact]
    public void Is_in_the_order_of_CodeArtifact()
    {
        string[] order = ["npm", "pypi", "maven", "nuget", "generic", "ruby", "swift", "cargo"];
        Assert.Equal(order, PackageFormats.All.Select(format => format.Name));
    }

    [Fact]
    public void Every_order_is_total_over_whatever_it_is_given()
    {
        string?[] texts = [null, "", " ", "-", ".", "..", "1", "1.0", "é", "٣", "1.", "-1", "+", "!", new string('1', 300), new string('a', 300), "a1a1a1"];
        foreach (var order in PackageFormats.All.Select(format => format.VersionOrder))
        {
            Assert.All(texts, x => Assert.All(texts, y => Assert.Equal(Math.Sign(order.Compare(x, y)), -Math.Sign(order.Compare(y, x)))));
        }
    }

    [Theory]
    [InlineData("pypi", null, "Foo.Bar", "foo-bar")]
    [InlineData("swift", "Mona", "LinkedList", "linkedlist")]
    [InlineData("ruby", null, "RedCloth", "RedCloth")]
    [InlineData("cargo", null, "serde_json", "serde_json")]
    [InlineData("generic", "Team", "Report", "Report")]
    public void A_coordinate_has_the_normal_form(string format, string? scope, string name, string normal) =>
        Assert.Equal(normal, PackageFormats.Find(format)!.Coordinate(scope, name).Name);

    [Theory]
    [InlineData("maven", null)]
    [InlineData("generic", null)]
    [InlineData("swift", null)]
    [InlineData("pypi", "x")]
    [InlineData("nuget", "x")]
    [InlineData("ruby", "x")]
    [InlineData("cargo", "x")]
    public void A_namespace_is_refused_or_missed_by_the_rule_of_the_format(string format, string? scope) =>
        Assert.Equal(RefusalKind.Validation, Assert.Throws<Refusal>(() => PackageFormats.Find(format)!.Coordinate(scope, "name")).Kind);
}
