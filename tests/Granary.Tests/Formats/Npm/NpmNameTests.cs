using Granary.Formats.Npm;

namespace Granary.Tests.Formats.Npm;

public sealed class NpmNameTests
{
    [Theory]
    [InlineData("express", null, "express")]
    [InlineData("@acme/tool.js", "acme", "tool.js")]
    [InlineData("constructor", null, "constructor")]
    [InlineData("hasOwnProperty", null, "hasOwnProperty")]
    [InlineData("@s/__proto__", "s", "__proto__")]
    [InlineData("JSONStream", null, "JSONStream")]
    [InlineData("index", null, "index")]
    [InlineData("crypto-js~old!", null, "crypto-js~old!")]
    public void Reads_a_name_and_spells_it_again(string text, string? scope, string name)
    {
        var parsed = NpmName.Parse(text);
        Assert.NotNull(parsed);
        Assert.Equal((scope, name, text), (parsed.Scope, parsed.Name, parsed.Full));
        Assert.Equal(parsed, NpmName.Of(scope, name));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("-")]
    [InlineData("-x")]
    [InlineData("_x")]
    [InlineData(".x")]
    [InlineData("__proto__")]
    [InlineData("node_modules")]
    [InlineData("Favicon.ico")]
    [InlineData("a/b")]
    [InlineData("a%2fb")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a\0")]
    [InlineData("pa\u0443pal")]
    [InlineData("\u212Aelvin")]
    [InlineData("\u017Fs")]
    [InlineData("\uFF41")]
    [InlineData("@")]
    [InlineData("@/x")]
    [InlineData("@s")]
    [InlineData("@s/")]
    [InlineData("@s/-")]
    [InlineData("@s/..")]
    [InlineData("@../x")]
    [InlineData("@s/a/b")]
    [InlineData("@@s/a")]
    [InlineData("a\\b")]
    public void Answers_null_for_what_is_no_name(string text) => Assert.Null(NpmName.Parse(text));

    [Theory]
    [InlineData("express", true)]
    [InlineData("@acme/a_b.c-1", true)]
    [InlineData("constructor", true)]
    [InlineData("Foo", false)]
    [InlineData("@Acme/foo", false)]
    [InlineData("a~b", false)]
    [InlineData("@s/a!", false)]
    [InlineData("a.", false)]
    [InlineData("@s./a", false)]
    [InlineData("a.b", true)]
    public void Tells_which_names_a_new_package_may_have(string text, bool valid) => Assert.Equal(valid, NpmName.Parse(text)!.IsValidForNew);

    [Fact]
    public void Takes_214_characters_and_no_more()
    {
        Assert.NotNull(NpmName.Parse(new string('a', 214)));
        Assert.Null(NpmName.Parse(new string('a', 215)));
        Assert.NotNull(NpmName.Parse("@s/" + new string('a', 211)));
        Assert.Null(NpmName.Parse("@s/" + new string('a', 212)));
        Assert.Null(NpmName.Of("s", new string('a', 212)));
    }

    [Theory]
    [InlineData("name", "name-1.0.0.tgz", "1.0.0")]
    [InlineData("@s/name", "name-1.0.0-rc.1+b.tgz", "1.0.0-rc.1+b")]
    [InlineData("rails-html", "rails-html-sanitizer-1.4.2.tgz", null)]
    [InlineData("name", "name-1.0.tgz", null)]
    [InlineData("name", "name-.tgz", null)]
    [InlineData("name", "name-v1.0.0.tgz", null)]
    [InlineData("name", "NAME-1.0.0.tgz", null)]
    [InlineData("name", "name-1.0.0.tgz\n", null)]
    [InlineData("name", "name-1.0.0.zip", null)]
    [InlineData("name", "../name-1.0.0.tgz", null)]
    public void Finds_the_version_in_a_tarballs_file_name(string name, string file, string? version)
    {
        Assert.Equal(version, NpmName.Parse(name)!.VersionOf(file));
        if (version is not null)
        {
            Assert.Equal(file, NpmName.Parse(name)!.TarballFile(version));
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("1.1.1")]
    [InlineData("1-1-1")]
    [InlineData("@/")]
    public void Takes_no_time_over_64_KB_of_anything(string unit)
    {
        var text = string.Concat(Enumerable.Repeat(unit, (64 << 10) / unit.Length)) + "!";
        var best = Best.OfFive(() =>
        {
            Assert.Null(NpmName.Parse(text));
            Assert.Null(NpmName.Parse("name")!.VersionOf($"name-{text}.tgz"));
            Assert.False(NpmVersion.IsValid(text));
            Assert.Null(NpmVersion.Clean(text));
            Assert.False(NpmTag.IsValid(text));
        });
        Assert.InRange(best.TotalMilliseconds, 0, 50);
    }
}
