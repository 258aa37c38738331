using System.Text;
using Granary.Core;
using Granary.Core.Packages;
using Granary.Formats.Maven;

namespace Granary.Tests.Formats.Maven;

public sealed class MavenMetadataTests
{
    private static readonly PackageCoordinate Lib = new("maven", "org.acme", "lib");

    [Fact]
    public void What_is_written_is_read_again()
    {
        var time = new DateTimeOffset(2024, 2, 29, 23, 59, 58, TimeSpan.Zero);
        string[] versions = ["1.10", "1.9", "2.0-SNAPSHOT", "1.0-alpha-1", "2.0-beta"];
        var listing = MavenListing.OfArtifact(Lib, versions.Select(v => KeyValuePair.Create(v, (DateTimeOffset?)time)));
        var text = Encoding.UTF8.GetString(listing.Bytes.Span);
        Assert.Contains("<latest>2.0-SNAPSHOT</latest>", text, StringComparison.Ordinal);
        Assert.Contains("<release>2.0-beta</release>", text, StringComparison.Ordinal);
        var read = MavenMetadata.Read(listing.Bytes.Span);
        Assert.Equal(["1.0-alpha-1", "1.9", "1.10", "2.0-beta", "2.0-SNAPSHOT"], read.Versions);
        Assert.Equal(("org.acme", "lib", time), (read.GroupId, read.ArtifactId, read.LastUpdated));
        Assert.True(read.IsOf(Lib));
        Assert.False(read.IsOf(Lib with { Name = "Lib" }));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA1.HashData(listing.Bytes.Span)), MavenChecksum.Sha1.Of(listing.Digests));
    }

    [Fact]
    public void Of_snapshots_alone_there_is_no_release()
    {
        var text = Encoding.UTF8.GetString(MavenListing.OfArtifact(Lib, [KeyValuePair.Create("1-SNAPSHOT", (DateTimeOffset?)null)]).Bytes.Span);
        Assert.DoesNotContain("release", text, StringComparison.Ordinal);
        Assert.DoesNotContain("lastUpdated", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshots_listing_names_its_build_and_each_file()
    {
        var build = MavenSnapshot.Parse("1.0-20210728.194552-3")!;
        var listing = MavenListing.OfSnapshot(Lib, build, [$"lib-{build.Version}.pom", $"lib-{build.Version}.jar", $"lib-{build.Version}-linux-x64.tar.gz", $"lib-{build.Version}.jar.asc"]);
        Assert.Equal(build, MavenMetadata.Read(listing.Bytes.Span).Build);
        var text = Encoding.UTF8.GetString(listing.Bytes.Span).ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal);
        Assert.Contains("<classifier>linux-x64</classifier><extension>tar.gz</extension><value>1.0-20210728.194552-3</value><updated>20210728194552</updated>", text, StringComparison.Ordinal);
        Assert.Contains("<snapshotVersion><extension>jar.asc</extension>", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<metadata><version>1.0</version></metadata>", "1.0")]
    [InlineData("<metadata><versioning><release>1.2</release><latest>1.2</latest></versioning></metadata>", "1.2")]
    [InlineData("<metadata><version>9</version><versioning><versions><version>1</version><version> 2 </version><version>1</version><version>a/../b</version></versions></versioning></metadata>", "1 2")]
    [InlineData("<metadata><versioning/></metadata>", "")]
    public void Versions_are_those_of_the_list_or_of_old_tools(string text, string versions) =>
        Assert.Equal(versions, string.Join(' ', MavenMetadata.Read(Encoding.UTF8.GetBytes(text)).Versions));

    [Fact]
    public void The_plugins_of_a_group_are_no_artifact() =>
        Assert.True(MavenMetadata.Read("<metadata><plugins><plugin><name>p</name><prefix>p</prefix><artifactId>p-maven-plugin</artifactId></plugin></plugins></metadata>"u8).IsOfGroup);

    [Fact]
    public void Another_document_is_refused() => Assert.Throws<Refusal>(() => MavenMetadata.Read("<html/>"u8));
}
