using System.Text;
using Granary.Core;
using Granary.Formats;
using Granary.Formats.Maven;

namespace Granary.Tests.Formats.Maven;

public sealed class MavenPomTests
{
    private const string Full = """
        <?xml version="1.0" encoding="UTF-8"?>
        <project xmlns="http://maven.apache.org/POM/4.0.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
                 xsi:schemaLocation="http://maven.apache.org/POM/4.0.0 http://127.0.0.1:9/maven-4.0.0.xsd">
          <modelVersion>4.0.0</modelVersion>
          <parent><groupId>org.acme</groupId><artifactId>parent</artifactId><version>7</version></parent>
          <artifactId>lib</artifactId>
          <name>Acme ${project.artifactId}</name>
          <description>Does things.</description>
          <url>https://acme.test/${project.artifactId}</url>
          <scm><url>https://git.acme.test/lib</url></scm>
          <licenses>
            <license><name>Apache-2.0</name><url>https://acme.test/licence</url></license>
            <license><name>MIT</name></license>
          </licenses>
          <properties><other.version>2.${minor}</other.version><minor>5</minor><loop>${loop}${loop}</loop></properties>
          <dependencyManagement><dependencies><dependency><groupId>org.bom</groupId><artifactId>bom</artifactId><version>1</version><scope>import</scope></dependency></dependencies></dependencyManagement>
          <dependencies>
            <dependency><groupId>${project.groupId}</groupId><artifactId>core</artifactId><version>${project.version}</version></dependency>
            <dependency><groupId>org.other</groupId><artifactId>other</artifactId><version>${other.version}</version><scope>test</scope></dependency>
            <dependency><groupId>org.maybe</groupId><artifactId>maybe</artifactId><version>[1.0,2.0)</version><optional>true</optional></dependency>
            <dependency><groupId>org.managed</groupId><artifactId>managed</artifactId><scope>provided</scope></dependency>
            <dependency><groupId>org.run</groupId><artifactId>run</artifactId><version>${elsewhere}</version><scope>runtime</scope></dependency>
            <dependency><groupId>${elsewhere}</groupId><artifactId>unnamed</artifactId></dependency>
          </dependencies>
          <e:version xmlns:e="urn:else">666</e:version>
        </project>
        """;

    [Fact]
    public void Says_what_the_POM_says_and_nothing_of_its_parent()
    {
        var pom = MavenPom.Read(Encoding.UTF8.GetBytes(Full));
        Assert.Equal(("org.acme", "lib", "7"), (pom.GroupId, pom.ArtifactId, pom.Version));
        var manifest = MavenManifest.Merge([], pom.Describe());
        var format = new MavenFormat();
        var description = format.Describe(format.Coordinate("org.acme", "lib"), manifest);
        Assert.Equal(
            ("Acme lib", "Does things.", "https://acme.test/lib", "https://git.acme.test/lib"),
            (description.DisplayName, description.Summary, description.HomePage, description.SourceCodeRepository));
        Assert.Equal([new License("Apache-2.0", "https://acme.test/licence"), new License("MIT", null)], description.Licenses);
        Assert.Equal(
            [
                new PackageDependency("org.acme", "parent", "parent", "7"),
                new PackageDependency("org.acme", "core", "compile", "7"),
                new PackageDependency("org.other", "other", "test", "2.5"),
                new PackageDependency("org.maybe", "maybe", "optional", "[1.0,2.0)"),
                new PackageDependency("org.managed", "managed", "provided", null),
                new PackageDependency("org.run", "run", "runtime", "${elsewhere}"),
            ],
            format.Dependencies(manifest));
    }

    [Fact]
    public void Properties_that_name_themselves_end()
    {
        var pom = MavenPom.Read(Encoding.UTF8.GetBytes(Full.Replace("Acme ${project.artifactId}", "${loop}", StringComparison.Ordinal)));
        Assert.InRange(pom.Describe().Name!.Length, 1, 1024);
    }

    [Theory]
    [InlineData("<groupId>org.acme</groupId><artifactId>lib</artifactId><version>1.0</version>", true)]
    [InlineData("<groupId>org.acme</groupId><artifactId>lib</artifactId><version>${revision}</version>", true)]
    [InlineData("<parent><groupId>org.acme</groupId><artifactId>p</artifactId><version>1.0</version></parent><artifactId>lib</artifactId>", true)]
    [InlineData("<groupId>org.acme</groupId><artifactId>lib</artifactId><version>1.${m}</version><properties><m>0</m></properties>", true)]
    [InlineData("<groupId>org.acme</groupId><artifactId>lib</artifactId><version>1.1</version>", false)]
    [InlineData("<groupId>org.evil</groupId><artifactId>lib</artifactId><version>1.0</version>", false)]
    [InlineData("<groupId>org.acme</groupId><artifactId>Lib</artifactId><version>1.0</version>", false)]
    [InlineData("<groupId>org.acme</groupId><version>1.0</version>", false)]
    [InlineData("<groupId>org.acme</groupId><artifactId>lib</artifactId><version>1.0</version><version>6.6</version>", false)]
    public void Agrees_with_its_address(string inner, bool agrees)
    {
        var path = MavenPath.Parse("org/acme/lib/1.0/lib-1.0.pom")!;
        var pom = MavenPom.Read(Encoding.UTF8.GetBytes($"<project>{inner}</project>"));
        if (agrees)
        {
            pom.DemandOf(path);
        }
        else
        {
            Assert.Equal(RefusalKind.Validation, Assert.Throws<Refusal>(() => pom.DemandOf(path)).Kind);
        }
    }

    [Fact]
    public void The_POM_of_a_build_names_the_snapshot()
    {
        var path = MavenPath.Parse("org/acme/lib/1.0-SNAPSHOT/lib-1.0-20210728.194552-1.pom")!;
        MavenPom.Read("<project><groupId>org.acme</groupId><artifactId>lib</artifactId><version>1.0-SNAPSHOT</version></project>"u8).DemandOf(path);
    }

    /// <summary>Debian's Maven repository, where it is: a thousand POMs as people wrote them.</summary>
    [Fact]
    public void Reads_every_POM_of_this_machine()
    {
        const string Place = "/usr/share/maven-repo";
        var poms = Directory.Exists(Place) ? Directory.EnumerateFiles(Place, "*.pom", SearchOption.AllDirectories).ToList() : [];
        Assert.SkipWhen(poms.Count < 10 && Environment.GetEnvironmentVariable("CI") != "true", $"{Place} has no POMs.");
        Assert.NotEmpty(poms);
        foreach (var file in poms)
        {
            var pom = MavenPom.Read(File.ReadAllBytes(file));
            Assert.NotNull(pom.ArtifactId);
            Assert.All(pom.Describe().Dependencies, d => Assert.True(MavenName.IsGroup(d.Namespace)));
        }
    }
}
