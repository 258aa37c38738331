using Granary.Core;
using Granary.Formats.NuGet;
using Microsoft.AspNetCore.Routing;

namespace Granary.Tests.Formats.NuGet;

public sealed class NuGetNameTests
{
    [Theory]
    [InlineData("Newtonsoft.Json")]
    [InlineData("_private")]
    [InlineData("a")]
    [InlineData("a-b.c_d")]
    [InlineData("CON")]
    public void Takes_what_NuGet_takes(string id) => Assert.True(NuGetName.IsValid(id));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a..b")]
    [InlineData("a.")]
    [InlineData("-a")]
    [InlineData("a.-b")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("p\u0430ypal")]
    [InlineData("\u212Aelvin")]
    [InlineData("caf\u00E9")]
    [InlineData("a\u200Db")]
    [InlineData("a\u202Eb")]
    [InlineData("\uFF41bc")]
    public void Refuses_what_is_no_id_and_what_looks_like_another(string id)
    {
        Assert.False(NuGetName.IsValid(id));
        var refusal = Assert.Throws<Refusal>(() => new NuGetFormat().ReadPackage(new RouteValueDictionary { ["name"] = id }));
        Assert.Equal(RefusalKind.Validation, refusal.Kind);
    }

    [Fact]
    public void An_id_has_at_most_100_characters()
    {
        Assert.True(NuGetName.IsValid(new string('a', 100)));
        Assert.False(NuGetName.IsValid(new string('a', 101)));
    }

    [Theory]
    [InlineData("1.0")]
    [InlineData("1.0.0")]
    [InlineData("1.0.0.0")]
    [InlineData("01.0.0")]
    [InlineData("1.0.0+a")]
    [InlineData("1.0.0+b")]
    public void Spellings_of_one_version_are_one(string text) => Assert.Equal("1.0.0", NuGetName.VersionOf(text));

    [Theory]
    [InlineData("")]
    [InlineData("latest")]
    [InlineData("1.0.0 ")]
    [InlineData("1.0.0/..")]
    [InlineData("99999999999.0.0")]
    [InlineData("1.0.0-\u0430")]
    public void Nothing_is_at_what_is_no_version(string text) =>
        Assert.Equal(RefusalKind.NotFound, Assert.Throws<Refusal>(() => NuGetName.VersionOf(text)).Kind);
}
