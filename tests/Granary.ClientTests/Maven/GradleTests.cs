using System.Net;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Maven;

/// <summary>Gradle as Debian has it, 4.4: it publishes by Ivy's plug-in in Maven's layout, without a listing, and resolves dynamic versions by one.</summary>
public sealed class GradleTests(MavenServer place) : IClassFixture<MavenServer>, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    private readonly ClientHome home = new();

    public void Dispose() => home.Dispose();

    [Fact]
    public async Task What_Gradle_publishes_it_resolves_by_a_dynamic_version()
    {
        var group = $"org.gradle.{SharedServer.Fresh("g").Replace('-', '.')}";
        foreach (var version in (string[])["1.9", "1.10"])
        {
            (await GradleAsync(Library(group, version), "publish")).MustSucceed();
        }

        var folder = $"{group.Replace('.', '/')}/glib";
        var listing = (await place.GetAsync(place.Own, $"{folder}/maven-metadata.xml")).Must(HttpStatusCode.OK).Text;
        Assert.Contains("<release>1.10</release>", listing, StringComparison.Ordinal);
        var assets = (await place.Aws.RunAsync(["list-package-version-assets", .. MavenServer.Version(group, "glib", "own"), "--package-version", "1.10"]))["assets"]!.AsArray();
        Assert.Equal(["glib-1.10.jar", "glib-1.10.pom", "ivy-1.10.xml"], assets.Select(a => (string)a!["name"]!));

        var user = home.Project("user");
        File.WriteAllText(Path.Combine(user, "settings.gradle"), "rootProject.name = 'user'");
        File.WriteAllText(Path.Combine(user, "build.gradle"), $$"""
            apply plugin: 'java'
            repositories { maven { url '{{place.Own}}'; credentials { username 'aws'; password System.getenv('TOKEN') } } }
            dependencies { compile '{{group}}:glib:1.+' }
            task fetch(type: Copy) { from configurations.compile; into 'lib' }
            """);
        (await GradleAsync(user, "fetch")).MustSucceed();
        Assert.Equal(["glib-1.10.jar"], Directory.EnumerateFiles(Path.Combine(user, "lib")).Select(Path.GetFileName));

        // And Maven resolves it too.
        var maven = place.Client(home);
        var project = maven.Project("maven", MavenClient.Pom("org.example", "app", "1", $"{MavenClient.Repositories(place.Own)}<dependencies>{MavenClient.Dependency(group, "glib", "[1,2)")}</dependencies>"));
        (await maven.CopyDependenciesAsync(project)).MustSucceed();
        Assert.True(File.Exists(Path.Combine(project, "lib/glib-1.10.jar")));
    }

    private string Library(string group, string version)
    {
        var folder = home.Project(SharedServer.Fresh("glib"));
        Directory.CreateDirectory(Path.Combine(folder, "src/main/java"));
        File.WriteAllText(Path.Combine(folder, "src/main/java/G.java"), "public class G {}");
        File.WriteAllText(Path.Combine(folder, "settings.gradle"), "rootProject.name = 'glib'");
        File.WriteAllText(Path.Combine(folder, "build.gradle"), $$"""
            apply plugin: 'java'
            apply plugin: 'maven-publish'
            apply plugin: 'ivy-publish'
            group = '{{group}}'
            version = '{{version}}'
            publishing {
              publications {
                m(MavenPublication) { from components.java; artifactId = 'glib' }
                i(IvyPublication) { artifact(jar); artifact(file("$buildDir/publications/m/pom-default.xml")) { name = 'glib'; type = 'pom'; extension = 'pom' } }
              }
              repositories {
                ivy {
                  url '{{place.Own.ToString().TrimEnd('/')}}'
                  credentials { username 'aws'; password System.getenv('TOKEN') }
                  layout 'pattern', {
                    m2compatible = true
                    artifact '[organisation]/[module]/[revision]/[artifact]-[revision](-[classifier]).[ext]'
                    ivy '[organisation]/[module]/[revision]/ivy-[revision].xml'
                  }
                }
              }
            }
            model { tasks.publishIPublicationToIvyRepository { dependsOn 'generatePomFileForMPublication' } }
            """);
        return folder;
    }

    private Task<CommandResult> GradleAsync(string folder, string task)
    {
        var environment = new Dictionary<string, string>(home.Environment)
        {
            ["TOKEN"] = place.Token,
            ["GRADLE_USER_HOME"] = Path.Combine(home.Path, ".gradle"),
            ["GRADLE_OPTS"] = $"-Duser.home={home.Path}",
        };
        return Command.RunAsync(Tool.Gradle[0], ["--no-daemon", "--console=plain", "--stacktrace", task == "publish" ? "publishIPublicationToIvyRepository" : task], folder, environment, Limit);
    }
}
