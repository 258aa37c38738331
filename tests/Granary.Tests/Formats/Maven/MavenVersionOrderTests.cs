using Granary.Formats.Maven;

namespace Granary.Tests.Formats.Maven;

public sealed class MavenVersionOrderTests
{
    [Fact]
    public async Task Agrees_with_ComparableVersion()
    {
        var versions = ReferenceOrder.MakeUp(
            8_000,
            ["1", "1.0", "1.0.0", "1-1", "1a", "1-a", "1.0-alpha", "2.0-rc-1", "1.0-20210728.194552-1", "a", "0", "99999999999999999999999"],
            ["0", "1", "10", "007", ".", "-", "a", "b", "m", "alpha", "beta", "milestone", "rc", "cr", "ga", "final", "release", "sp", "-SNAPSHOT", "x", "xyz", "--", ".."],
            6);
        var jars = new[] { "maven3-artifact.jar", "maven-artifact.jar", "commons-lang3.jar" }
            .Select(jar => Path.Combine("/usr/share/java", jar)).Where(File.Exists).ToList();
        if (jars.Count < 2)
        {
            ReferenceOrder.Missing("This test needs Maven's maven-artifact and commons-lang3 under /usr/share/java.");
        }

        var lines = await ReferenceOrder.AskAsync(
            "java", ["-cp", string.Join(':', jars), "org.apache.maven.artifact.versioning.ComparableVersion", .. versions]);
        var answers = lines.Where(line => line.StartsWith("   ", StringComparison.Ordinal)).Select(line => line.Trim().Split(' ')[1] switch
        {
            "<" => "-1",
            ">" => "1",
            _ => "0",
        });
        ReferenceOrder.AssertSame(new MavenFormat().VersionOrder, versions, [.. answers]);
    }

    [Fact]
    public void Names_are_told_apart_by_case()
    {
        var format = new MavenFormat();
        Assert.NotEqual(format.Coordinate("org.x", "Tool"), format.Coordinate("org.x", "tool"));
    }
}
