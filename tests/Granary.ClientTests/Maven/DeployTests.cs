using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Maven;

/// <summary><c>mvn deploy</c> and what another project gets of it; every run begins with an empty local repository and has strict checksums.</summary>
public sealed class DeployTests(MavenServer place) : IClassFixture<MavenServer>, IDisposable
{
    private readonly ClientHome home = new();

    public void Dispose() => home.Dispose();

    [Fact]
    public async Task A_build_with_parent_and_sources_is_deployed_and_used_by_another()
    {
        var group = Fresh();
        var maven = place.Client(home);
        (await maven.RunAsync(Library(maven, group, "1.0"), "deploy")).MustSucceed();

        var assets = (await place.Aws.RunAsync(["list-package-version-assets", .. MavenServer.Version(group, "lib", "own"), "--package-version", "1.0"]))["assets"]!.AsArray();
        Assert.Equal(["lib-1.0-sources.jar", "lib-1.0.jar", "lib-1.0.pom"], assets.Select(a => (string)a!["name"]!));
        var described = (await place.Aws.RunAsync(["describe-package-version", .. MavenServer.Version(group, "lib", "own"), "--package-version", "1.0"]))["packageVersion"]!;
        Assert.Equal(("The library", "Published"), ((string?)described["displayName"], (string?)described["status"]));
        var dependencies = (await place.Aws.RunAsync(["list-package-version-dependencies", .. MavenServer.Version(group, "lib", "own"), "--package-version", "1.0"]))["dependencies"]!.AsArray();
        Assert.Equal(["parent:parent", "commons-lang3:compile"], dependencies.Select(d => $"{d!["package"]}:{d["dependencyType"]}"));

        home.EmptyCaches();
        var user = User(maven, group, "[1.0,2.0)", MavenClient.Dependency(group, "lib", "1.0", "<classifier>sources</classifier>"));
        (await maven.RunAsync(user, "compile", MavenClient.Plugin("dependency", "copy-dependencies"), "-DoutputDirectory=lib")).MustSucceed();
        Assert.True(File.Exists(Path.Combine(user, "target/classes/App.class")));
        Assert.Equal(["commons-lang3-3.12.0.jar", "lib-1.0-sources.jar", "lib-1.0.jar"], Files(user));

        // The same bytes again change nothing; a newer version is what the range then means.
        (await maven.RunAsync(Library(maven, group, "1.0"), "deploy")).MustSucceed();
        (await maven.RunAsync(Library(maven, group, "1.10"), "deploy")).MustSucceed();
        home.EmptyCaches();
        var next = User(maven, group, "[1.0,2.0)");
        (await maven.CopyDependenciesAsync(next)).MustSucceed();
        Assert.Contains("lib-1.10.jar", Files(next));

        // Other bytes are refused, and Maven says why.
        (await maven.RunAsync(Library(maven, group, "1.10", "changed"), "deploy")).MustFail("has an asset 'lib-1.10.jar' with other bytes");
    }

    [Fact]
    public async Task The_newest_build_of_a_snapshot_is_what_another_project_gets()
    {
        var group = Fresh();
        var maven = place.Client(home);
        (await maven.RunAsync(Library(maven, group, "1.0-SNAPSHOT"), "deploy")).MustSucceed();
        var user = User(maven, group, "1.0-SNAPSHOT");
        (await maven.CopyDependenciesAsync(user, "-U")).MustSucceed();
        var before = File.ReadAllBytes(Path.Combine(user, "lib/lib-1.0-SNAPSHOT.jar"));

        (await maven.RunAsync(Library(maven, group, "1.0-SNAPSHOT", "changed"), "deploy", "-DskipTests")).MustSucceed();
        home.EmptyCaches();
        var fresh = User(maven, group, "1.0-SNAPSHOT");
        (await maven.CopyDependenciesAsync(fresh, "-U")).MustSucceed();
        Assert.NotEqual(before, File.ReadAllBytes(Path.Combine(fresh, "lib/lib-1.0-SNAPSHOT.jar")));

        var versions = (await place.Aws.RunAsync(["list-package-versions", .. MavenServer.Version(group, "lib", "own")]))["versions"]!.AsArray();
        Assert.Equal(["Published", "Unlisted", "Unlisted"], versions.Select(v => (string)v!["status"]!).Order());
        Assert.Equal("1.0-SNAPSHOT", (string)versions.Single(v => (string)v!["status"]! == "Published")!["version"]!);
    }

    [Fact]
    public async Task A_signature_is_kept_beside_its_file()
    {
        var group = Fresh();
        var folder = home.Project("signed");
        File.WriteAllText(Path.Combine(folder, "lib.pom"), MavenClient.Pom(group, "signed", "1.0"));
        File.WriteAllBytes(Path.Combine(folder, "lib.jar"), MavenClient.Jar("signed"));
        File.WriteAllText(Path.Combine(folder, "lib.jar.asc"), "-----BEGIN PGP SIGNATURE-----");
        (await place.Client(home).RunAsync(
            folder, MavenClient.Plugin("deploy", "deploy-file"), $"-Durl={place.Own}", $"-DrepositoryId={MavenClient.Server}", "-Dfile=lib.jar", "-DpomFile=lib.pom",
            "-Dfiles=lib.jar.asc", "-Dtypes=jar.asc", "-Dclassifiers=")).MustSucceed();
        var path = $"{group.Replace('.', '/')}/signed/1.0/signed-1.0.jar.asc";
        Assert.Equal("-----BEGIN PGP SIGNATURE-----", (await place.GetAsync(place.Own, path)).Must(HttpStatusCode.OK).Text);
        Assert.Equal(40, (await place.GetAsync(place.Own, path + ".sha1")).Must(HttpStatusCode.OK).Body.Length);
    }

    [Fact]
    public async Task What_is_archived_or_asked_with_a_wrong_password_is_not_resolved()
    {
        var group = Fresh();
        var maven = place.Client(home);
        (await maven.RunAsync(Library(maven, group, "1.0"), "deploy")).MustSucceed();
        await place.Aws.RunAsync(["update-package-versions-status", .. MavenServer.Version(group, "lib", "own"), "--versions", "1.0", "--target-status", "Archived"]);
        home.EmptyCaches();
        (await maven.CopyDependenciesAsync(User(maven, group, "1.0"))).MustFail("Could not find artifact", "was not found");
        home.EmptyCaches();
        var wrong = place.Client(home, "not-the-password");
        (await wrong.CopyDependenciesAsync(User(wrong, group, "1.0"))).MustFail("401", "Not authorized");
        (await wrong.RunAsync(Library(wrong, group, "2.0"), "deploy")).MustFail("401", "Not authorized");
    }

    private static string Fresh() => $"org.example.{SharedServer.Fresh("g").Replace('-', '.')}";

    private static string[] Files(string project) => [.. Directory.EnumerateFiles(Path.Combine(project, "lib")).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];

    /// <summary>A parent and a library, which Maven builds and deploys together.</summary>
    private string Library(MavenClient maven, string group, string version, string text = "hello")
    {
        var parent = MavenClient.Pom(group, "parent", version, $"""
            <packaging>pom</packaging><modules><module>lib</module></modules>
            {MavenClient.Distribution(place.Own)}
            """);
        var lib = $"""
            <project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
            <parent><groupId>{group}</groupId><artifactId>parent</artifactId><version>{version}</version></parent>
            <artifactId>lib</artifactId><name>The library</name>
            <dependencies>{MavenClient.Dependency("org.apache.commons", "commons-lang3", "3.12.0")}</dependencies>
            <build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-source-plugin</artifactId><version>{MavenClient.Plugin("source", "jar").Split(':')[2]}</version>
            <executions><execution><goals><goal>jar-no-fork</goal></goals></execution></executions></plugin></plugins></build></project>
            """;
        return maven.Project(SharedServer.Fresh("library"), parent, ("lib/pom.xml", lib), ("lib/src/main/java/Lib.java", $$"""
            public class Lib { public static String text() { return org.apache.commons.lang3.StringUtils.upperCase("{{text}}"); } }
            """));
    }

    private string User(MavenClient maven, string group, string version, string more = "") => maven.Project(
        SharedServer.Fresh("user"),
        MavenClient.Pom(group, "app", "1.0", $"{MavenClient.Repositories(place.Own)}<dependencies>{MavenClient.Dependency(group, "lib", version)}{more}</dependencies>"),
        ("src/main/java/App.java", "public class App { public static void main(String[] a) { System.out.println(Lib.text()); } }"));
}
