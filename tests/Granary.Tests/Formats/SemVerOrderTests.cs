using Granary.Formats;

namespace Granary.Tests.Formats;

public sealed class SemVerOrderTests
{
    [Fact]
    public void Orders_as_section_11_of_the_specification_does()
    {
        string[] sorted =
        [
            "1.0", "v1.0.0",
            "1.0.0-0", "1.0.0-2", "1.0.0-11", "1.0.0--", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
            "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0", "2.0.0", "2.1.0", "2.1.1", "99999999999999999999.0.0",
        ];
        Assert.Equal(sorted, sorted.Reverse().Order(SemVerOrder.Instance));
    }

    [Fact]
    public void Does_not_count_build_metadata() => Assert.Equal(0, SemVerOrder.Instance.Compare("1.0.0-a+b", "1.0.0-a+c.0-1"));

    [Theory]
    [InlineData("1.0.0-01")]
    [InlineData("01.0.0")]
    [InlineData("1.0.0.0")]
    [InlineData("1.0.0-")]
    [InlineData("1.0.0+")]
    [InlineData("1.0.0-a..b")]
    [InlineData("1.0.0-é")]
    [InlineData("1.0.٣")]
    [InlineData(" 1.0.0")]
    [InlineData("")]
    public void Refuses_what_is_no_version(string text) => Assert.False(SemVer.TryParse(text, out _));
}
