using System.IO.Compression;
using System.Text;

namespace Granary.ClientTests.Harness;

/// <summary>Maven with settings and a local repository of its own, as one person's machine has them.</summary>
/// <param name="central">What stands for Maven's central repository, where plugins come from.</param>
public sealed class MavenClient(ClientHome home, Uri central, string token)
{
    // A build that begins with nothing fetches several hundred files, on processors that others use too.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    /// <summary>The id of the server in settings and POMs.</summary>
    public const string Server = "granary";

    /// <summary>Plugins by their versions here: without a network nothing else tells Maven which there are.</summary>
    public static string Plugin(string name, string goal)
    {
        var folder = Path.Combine(FakeMavenSource.Place, "org/apache/maven/plugins", $"maven-{name}-plugin");
        var version = Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder).Where(v => Directory.EnumerateFiles(v, "*.jar").Any()).Select(v => Path.GetFileName(v)!).MaxBy(v => v, StringComparer.Ordinal)
            : null;
        return $"org.apache.maven.plugins:maven-{name}-plugin:{version ?? Tool.Missing($"maven-{name}-plugin")}:{goal}";
    }

    public string LocalRepository => Path.Combine(home.Path, ".cache", "m2");

    /// <summary>Runs Maven in a project; <c>-C</c>, strict checksums, is always on.</summary>
    public async Task<CommandResult> RunAsync(string folder, params string[] arguments)
    {
        var settings = home.Write("settings.xml", $"""
            <settings>
              <localRepository>{LocalRepository}</localRepository>
              <servers>
                <server><id>{Server}</id><username>aws</username><password>{token}</password></server>
                <server><id>{Server}-central</id><username>aws</username><password>{token}</password></server>
              </servers>
              <mirrors><mirror><id>{Server}-central</id><mirrorOf>central</mirrorOf><url>{central}</url></mirror></mirrors>
            </settings>
            """);
        var environment = new Dictionary<string, string>(home.Environment)
        {
            // Several runs, of seconds each: a machine that is warmed up is never reached.
            ["MAVEN_OPTS"] = $"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -Duser.home={home.Path}",
        };
        return await Command.RunAsync(Tool.Maven[0], ["-B", "-ntp", "-e", "-s", settings, "-C", .. arguments], folder, environment, Limit);
    }

    /// <summary>A new folder with a POM and files.</summary>
    public string Project(string name, string pom, params (string File, string Text)[] files)
    {
        var folder = home.Project(name);
        File.WriteAllText(Path.Combine(folder, "pom.xml"), pom);
        foreach (var (file, text) in files)
        {
            var path = Path.Combine(folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
        }

        return folder;
    }

    /// <summary>Copies what a project needs into its folder <c>lib</c>: a whole resolution, by Maven's own plugin.</summary>
    public Task<CommandResult> CopyDependenciesAsync(string folder, params string[] arguments) =>
        RunAsync(folder, [Plugin("dependency", "copy-dependencies"), "-DoutputDirectory=lib", "-Dmdep.useBaseVersion=true", .. arguments]);

    public static string Pom(string group, string artifact, string version, string more = "") => $"""
        <project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
        <groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>
        <properties><maven.compiler.source>17</maven.compiler.source><maven.compiler.target>17</maven.compiler.target>
        <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding><project.build.outputTimestamp>2024-01-01T00:00:00Z</project.build.outputTimestamp></properties>
        {more}
        </project>
        """;

    public static string Repositories(Uri repository) => $"""
        <repositories><repository><id>{Server}</id><url>{repository}</url><releases><updatePolicy>always</updatePolicy></releases><snapshots><enabled>true</enabled></snapshots></repository></repositories>
        """;

    public static string Distribution(Uri repository) =>
        $"<distributionManagement><repository><id>{Server}</id><url>{repository}</url></repository></distributionManagement>";

    public static string Dependency(string group, string artifact, string version, string more = "") =>
        $"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>{more}</dependency>";

    /// <summary>A jar with one text in it, the same bytes each time.</summary>
    public static byte[] Jar(string mark)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            var entry = zip.CreateEntry("mark", CompressionLevel.NoCompression);
            entry.LastWriteTime = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
            using var stream = entry.Open();
            stream.Write(Encoding.UTF8.GetBytes(mark));
        }

        return bytes.ToArray();
    }

    /// <summary>The text in such a jar.</summary>
    public static string MarkOf(string jar)
    {
        using var zip = ZipFile.OpenRead(jar);
        using var reader = new StreamReader(zip.GetEntry("mark")!.Open());
        return reader.ReadToEnd();
    }
}
