using Granary.Core;
using Granary.Formats.Maven;

namespace Granary.Tests.Formats.Maven;

public sealed class MavenPathTests
{
    [Theory]
    [InlineData("org/acme/lib/1.0/lib-1.0.jar", "org.acme:lib 1.0 lib-1.0.jar")]
    [InlineData("junit/junit/4.13.2/junit-4.13.2.pom", "junit:junit 4.13.2 junit-4.13.2.pom")]
    [InlineData("org/acme/lib/1.0/lib-1.0-sources.jar.asc", "org.acme:lib 1.0 lib-1.0-sources.jar.asc")]
    [InlineData("org/acme/lib/1.0/lib-1.0.jar.asc.sha1", "org.acme:lib 1.0 lib-1.0.jar.asc Sha1")]
    [InlineData("org/acme/lib/1.0/lib-1.0.tar.gz.sha512", "org.acme:lib 1.0 lib-1.0.tar.gz Sha512")]
    [InlineData("org/acme/lib/1.0/ivy-1.0.xml", "org.acme:lib 1.0 ivy-1.0.xml")]
    [InlineData("org/acme/lib.core/1.0/lib.core-1.0.jar", "org.acme:lib.core 1.0 lib.core-1.0.jar")]
    [InlineData("org/acme/lib/1.0-SNAPSHOT/lib-1.0-20210728.194552-12.jar", "org.acme:lib 1.0-20210728.194552-12 lib-1.0-20210728.194552-12.jar")]
    [InlineData("org/acme/lib/1.0-SNAPSHOT/lib-1.0-20210728.194552-1-sources.jar", "org.acme:lib 1.0-20210728.194552-1 lib-1.0-20210728.194552-1-sources.jar")]
    [InlineData("org/acme/lib/1.0-SNAPSHOT/lib-1.0-SNAPSHOT.jar", "org.acme:lib 1.0-SNAPSHOT lib-1.0-SNAPSHOT.jar")]
    public void A_file_says_which_version_it_is_of(string text, string expected)
    {
        var path = MavenPath.Parse(text)!;
        Assert.Equal(expected, $"{path.Package.Namespace}:{path.Package.Name} {path.Version} {path.File} {path.Checksum}".TrimEnd());
        Assert.Equal(text, path.Text);
    }

    [Theory]
    [InlineData("org/acme/lib/maven-metadata.xml", nameof(MavenPlace.ArtifactMetadata), "")]
    [InlineData("org/acme/lib/maven-metadata.xml.md5", nameof(MavenPlace.ArtifactMetadata), "")]
    [InlineData("org/lib/maven-metadata.xml", nameof(MavenPlace.ArtifactMetadata), "")]
    [InlineData("org/acme/lib/1.0-SNAPSHOT/maven-metadata.xml", nameof(MavenPlace.SnapshotMetadata), "1.0-SNAPSHOT")]
    public void Listings_are_of_artifacts_and_of_snapshots(string text, string place, string folder)
    {
        var path = MavenPath.Parse(text)!;
        Assert.Equal((place, folder), (path.Place.ToString(), path.Folder));
        Assert.Equal(text, path.Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("org/")]
    [InlineData("org/acme/lib/1.0/")]
    [InlineData("org/acme/lib")]
    [InlineData(".meta/prefixes.txt")]
    [InlineData("archetype-catalog.xml")]
    [InlineData("org/maven-metadata.xml")]
    public void What_is_too_short_leads_nowhere(string text) => Assert.Null(MavenPath.Parse(text));

    [Theory]
    [InlineData("org/acme/a/1.0/c-9.9.jar")]
    [InlineData("org/acme/a/1.0/a-1.0")]
    [InlineData("org/acme/a/1.0/a-1.0.")]
    [InlineData("org/acme/a/1.0/a-1.01.jar")]
    [InlineData("org/acme/a/1.0/A-1.0.jar")]
    [InlineData("org/acme/a/1.0-SNAPSHOT/a-1.0.jar")]
    [InlineData("org/acme/a/1.0-SNAPSHOT/b-1.0-20210728.194552-1.jar")]
    [InlineData("org/acme/a/1.0-20210728.194552-1/a-1.0-20210728.194552-1.jar")]
    [InlineData("org/acme/a/1 0/a-1 0.jar")]
    [InlineData("org/acme/a/1[0/a-1[0.jar")]
    [InlineData("org/acme/a/1%0/a-1%0.jar")]
    [InlineData("org/acme/a/1.0/a-1.0-\u202Eraj.exe")]
    [InlineData("org.acme/a/1.0/a-1.0.jar")]
    [InlineData("org/.hidden/a/1.0/a-1.0.jar")]
    [InlineData("org//a/1.0/a-1.0.jar")]
    [InlineData("org/acmé/a/1.0/a-1.0.jar")]
    [InlineData("org/acme/a*/1.0/a*-1.0.jar")]
    public void What_disagrees_with_itself_is_refused(string text) =>
        Assert.Equal(RefusalKind.Validation, Assert.Throws<Refusal>(() => MavenPath.Parse(text)).Kind);

    [Fact]
    public void Two_artifacts_never_meet()
    {
        var (one, other) = (MavenPath.Parse("g/a-1/2/a-1-2.jar")!, MavenPath.Parse("g/a/1-2/a-1-2.jar")!);
        Assert.NotEqual(one.Package, other.Package);
        Assert.NotEqual(one.Version, other.Version);
        Assert.NotEqual(MavenPath.Parse("g/Tool/1/Tool-1.jar")!.Package, MavenPath.Parse("g/tool/1/tool-1.jar")!.Package);
        Assert.Throws<Refusal>(() => MavenPath.Parse($"g/{new string('a', 256)}/1/{new string('a', 256)}-1.jar"));
    }

    [Fact]
    public void Builds_are_ordered_by_time_and_number()
    {
        string[] builds = ["1.0-20210728.194552-2", "1.0-20210728.194552-10", "1.0-20210729.000000-1", "1.0-20220101.000000-007"];
        Assert.Equal(builds, builds.Reverse().Select(b => MavenSnapshot.Parse(b)!).Order().Select(b => b.Version));
        Assert.Null(MavenSnapshot.Parse("1.0-2021072.194552-1"));
        Assert.Null(MavenSnapshot.Parse("20210728.194552-1"));
    }
}
