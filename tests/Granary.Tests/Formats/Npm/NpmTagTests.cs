using Granary.Formats.Npm;

namespace Granary.Tests.Formats.Npm;

public sealed class NpmTagTests
{
    [Theory]
    [InlineData("latest")]
    [InlineData("next-14")]
    [InlineData("v")]
    [InlineData("version1")]
    [InlineData("beta.2")]
    [InlineData("x64")]
    [InlineData("1a")]
    [InlineData("constructor")]
    public void Takes_a_word(string tag) => Assert.True(NpmTag.IsValid(tag));

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("v1.4")]
    [InlineData("1.x")]
    [InlineData("x")]
    [InlineData("*")]
    [InlineData("~1")]
    [InlineData("1.2.3-rc.1")]
    [InlineData("^1")]
    [InlineData(">=1")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("__proto__")]
    [InlineData("\u00E9t\u00E9")]
    [InlineData("a\n")]
    public void Refuses_ranges_and_what_a_url_would_escape(string tag) => Assert.False(NpmTag.IsValid(tag));
}
