using System.Text;
using Granary.Formats;
using Granary.Formats.Npm;

namespace Granary.Tests.Formats.Npm;

public sealed class NpmManifestTests
{
    [Fact]
    public void Describes_a_version()
    {
        var description = Describe("""{"name":"@s/n","description":"d","homepage":"https://h.example","repository":{"type":"git","url":"git+https://git.example/a/b.git"},"license":"MIT"}""");
        Assert.Equal(("@s/n", "d", "https://h.example", "https://git.example/a/b.git"), (description.DisplayName, description.Summary, description.HomePage, description.SourceCodeRepository));
        Assert.Equal(new License("MIT", null), Assert.Single(description.Licenses));
    }

    [Theory]
    [InlineData("\"acme/tool\"", "https://github.com/acme/tool")]
    [InlineData("\"gitlab:a/b/c\"", "https://gitlab.com/a/b/c")]
    [InlineData("{\"url\":\"git+ssh://git@github.com/a/b.git\"}", "https://github.com/a/b")]
    [InlineData("\"git@bitbucket.org:a/b.git\"", "https://bitbucket.org/a/b")]
    [InlineData("\"git://git.example/a\"", "git://git.example/a")]
    [InlineData("\"\"", null)]
    [InlineData("5", null)]
    [InlineData("[]", null)]
    [InlineData("[{\"url\":\"https://x.example\"}]", "https://x.example")]
    public void Finds_the_repository(string json, string? address) =>
        Assert.Equal(address, Describe($$"""{"repository":{{json}}}""").SourceCodeRepository);

    [Theory]
    [InlineData("""{"license":{"type":"MIT","url":"u"}}""", "MIT u")]
    [InlineData("""{"licenses":[{"type":"MIT","url":"u"},"ISC",5,[]]}""", "MIT u,ISC ")]
    [InlineData("""{"license":["A","B"]}""", "A ,B ")]
    [InlineData("""{"license":5,"licenses":"X"}""", "X ")]
    [InlineData("""{"license":""}""", "")]
    public void Finds_the_licences(string json, string expected) =>
        Assert.Equal(expected, string.Join(',', Describe(json).Licenses.Select(l => $"{l.Name} {l.Url}")));

    [Fact]
    public void Lists_dependencies_in_the_words_of_AWS() => Assert.Equal(
        [
            new PackageDependency("s", "a", "regular", "^1"),
            new PackageDependency(null, "b", "regular", ""),
            new PackageDependency(null, "o", "optional", "2"),
            new PackageDependency(null, "p", "peer", "*"),
            new PackageDependency(null, "t", "dev", "3"),
        ],
        NpmManifest.Dependencies(Encoding.UTF8.GetBytes(
            """{"devDependencies":{"t":"3"},"dependencies":{"b":"","@s/a":"^1","o":"1","x":5},"optionalDependencies":{"o":"2"},"peerDependencies":{"p":"*"}}""")));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"description\":\"\\ud800\"}")]
    [InlineData("{\"dependencies\":\"\",\"homepage\":[],\"repository\":null,\"licenses\":{}}")]
    public void Never_fails_on_what_it_cannot_read(string json)
    {
        Assert.Null(Describe(json).Summary);
        Assert.Empty(NpmManifest.Dependencies(Encoding.UTF8.GetBytes(json)));
    }

    private static VersionDescription Describe(string json) => NpmManifest.Describe(Encoding.UTF8.GetBytes(json));
}
