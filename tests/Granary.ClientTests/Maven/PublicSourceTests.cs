using System.Net;
using System.Text;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.Maven;

/// <summary>Whole builds through Granary alone: plugins and libraries come from the public source by the repository that is connected to it.</summary>
public sealed class PublicSourceTests : IAsyncLifetime
{
    private readonly MavenServer place = new();
    private readonly ClientHome home = new();

    public ValueTask InitializeAsync() => place.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        home.Dispose();
        await place.DisposeAsync();
    }

    [Fact]
    public async Task A_build_needs_its_source_once()
    {
        var maven = new MavenClient(home, place.Shop, place.Token);
        var project = Project(maven);
        (await maven.RunAsync(project, "package")).MustSucceed();
        Assert.True(File.Exists(Path.Combine(project, "target/app-1.0.jar")));
        var twice = place.Source.Asked.Where(p => !p.EndsWith("maven-metadata.xml", StringComparison.Ordinal)).GroupBy(p => p).Where(g => g.Count() > 1).Select(g => g.Key);
        Assert.Empty(twice);
        var described = (await place.Aws.RunAsync(
            ["describe-package-version", .. MavenServer.Version("org.apache.commons", "commons-lang3", "shop"), "--package-version", "3.12.0"]))["packageVersion"]!;
        Assert.Equal("public:maven-central", (string?)described["origin"]!["domainEntryPoint"]!["externalConnectionName"]);

        place.Source.SwitchOff();
        home.EmptyCaches();
        var again = Project(maven);
        (await maven.RunAsync(again, "package")).MustSucceed();
        Assert.True(File.Exists(Path.Combine(again, "target/app-1.0.jar")));
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "")]
    [InlineData(false, ".sha1")]
    [InlineData(true, ".sha512 .md5")]
    public async Task A_source_may_lack_listings_and_checksums(bool listings, string checksums)
    {
        (place.Source.HasListings, place.Source.Checksums) = (listings, checksums.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var folder = "org/example/public/lib/1.0";
        place.Source.Add($"{folder}/lib-1.0.pom", Encoding.UTF8.GetBytes(MavenClient.Pom("org.example.public", "lib", "1.0", "<name>Public</name>")));
        place.Source.Add($"{folder}/lib-1.0.jar", MavenClient.Jar("public"));
        place.Source.Add($"{folder}/lib-1.0-tests.jar", MavenClient.Jar("tests"));

        Assert.Equal(MavenClient.Jar("public"), (await place.GetAsync(place.Shop, $"{folder}/lib-1.0.jar")).Must(HttpStatusCode.OK).Body);
        Assert.Equal(64, (await place.GetAsync(place.Shop, $"{folder}/lib-1.0.pom.sha256")).Must(HttpStatusCode.OK).Body.Length);
        Assert.Equal(MavenClient.Jar("tests"), (await place.GetAsync(place.Shop, $"{folder}/lib-1.0-tests.jar")).Must(HttpStatusCode.OK).Body);
        (await place.GetAsync(place.Shop, $"{folder}/lib-1.0-sources.jar")).Must(HttpStatusCode.NotFound);
        (await place.GetAsync(place.Shop, $"{folder}/lib-1.0-sources.jar")).Must(HttpStatusCode.NotFound);
        Assert.Single(place.Source.Asked, path => path == $"{folder}/lib-1.0-sources.jar");
        var listing = (await place.GetAsync(place.Shop, "org/example/public/lib/maven-metadata.xml")).Must(HttpStatusCode.OK).Text;
        Assert.Contains("<release>1.0</release>", listing, StringComparison.Ordinal);
        foreach (var repository in (string[])["shop", "store"])
        {
            var assets = (await place.Aws.RunAsync(["list-package-version-assets", .. MavenServer.Version("org.example.public", "lib", repository), "--package-version", "1.0"]))["assets"]!.AsArray();
            Assert.Equal(["lib-1.0-tests.jar", "lib-1.0.jar", "lib-1.0.pom"], assets.Select(a => (string)a!["name"]!));
        }

        // Nothing of one's own is added to it, and no version that it has is published.
        Assert.True((await place.PutAsync(place.Shop, $"{folder}/lib-1.0-mine.jar", [1])).IsRefusal);
    }

    [Fact]
    public async Task Bytes_that_are_not_what_their_checksum_says_are_not_taken()
    {
        place.Source.Add("org/example/bad/1.0/bad-1.0.jar", MavenClient.Jar("bad"));
        place.Source.Add("org/example/bad/1.0/bad-1.0.jar.sha1", Encoding.ASCII.GetBytes(new string('0', 40)));
        var answer = await place.GetAsync(place.Shop, "org/example/bad/1.0/bad-1.0.jar");
        Assert.True(answer.Cut || answer.Status is HttpStatusCode.BadGateway, answer.ToString());
        await place.Aws.RefusedAsync("ResourceNotFoundException", ["describe-package", .. MavenServer.Version("org.example", "bad", "store")]);
    }

    [Fact]
    public async Task A_hostile_listing_is_refused_and_not_kept()
    {
        place.Source.Add("org/example/evil/maven-metadata.xml", "<!DOCTYPE m [<!ENTITY v '1.0'>]><metadata><versioning><versions><version>&v;</version></versions></versioning></metadata>"u8.ToArray());
        (await place.GetAsync(place.Shop, "org/example/evil/maven-metadata.xml")).Must(HttpStatusCode.BadGateway);
        place.Source.Add("org/example/evil/maven-metadata.xml", "<metadata><versioning><versions><version>1.0</version></versions></versioning></metadata>"u8.ToArray());
        await Patience.UntilAsync(async () => (await place.GetAsync(place.Shop, "org/example/evil/maven-metadata.xml")).Status is HttpStatusCode.OK, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Snapshots_are_not_taken_and_listings_are_merged_with_ones_own()
    {
        place.Source.Add("org/example/mixed/1.0-SNAPSHOT/mixed-1.0-20240101.000000-1.jar", [1]);
        place.Source.Add("org/example/mixed/0.9/mixed-0.9.pom", "<project/>"u8.ToArray());
        (await place.GetAsync(place.Shop, "org/example/mixed/1.0-SNAPSHOT/mixed-1.0-20240101.000000-1.jar")).Must(HttpStatusCode.NotFound);
        (await place.GetAsync(place.Shop, "org/example/mixed/1.0-SNAPSHOT/maven-metadata.xml")).Must(HttpStatusCode.NotFound);
        Assert.Contains("<version>0.9</version>", (await place.GetAsync(place.Shop, "org/example/mixed/maven-metadata.xml")).Must(HttpStatusCode.OK).Text, StringComparison.Ordinal);

        await place.Aws.RunAsync(["put-package-origin-configuration", .. MavenServer.Version("org.example", "mixed", "shop"), "--restrictions", "publish=ALLOW,upstream=ALLOW"]);
        (await place.PutAsync(place.Shop, "org/example/mixed/0.9/mixed-0.9.jar", [1])).Must(HttpStatusCode.Conflict);
        (await place.PutAsync(place.Shop, "org/example/mixed/1.0/mixed-1.0.jar", [1])).Must(HttpStatusCode.Created);
        (await place.PutAsync(place.Shop, "org/example/mixed/maven-metadata.xml", "<metadata><versioning><versions><version>1.0</version></versions></versioning></metadata>"u8.ToArray())).Must(HttpStatusCode.Created);
        var merged = (await place.GetAsync(place.Shop, "org/example/mixed/maven-metadata.xml")).Text;
        Assert.Contains("<version>0.9</version>", merged, StringComparison.Ordinal);
        Assert.Contains("<release>1.0</release>", merged, StringComparison.Ordinal);

        // What the repository in between archives is not to be had through it.
        (await place.GetAsync(place.At("store"), "org/example/mixed/0.9/mixed-0.9.pom")).Must(HttpStatusCode.OK);
        await place.Aws.RunAsync(["update-package-versions-status", .. MavenServer.Version("org.example", "mixed", "store"), "--versions", "0.9", "--target-status", "Archived"]);
        (await place.GetAsync(place.Shop, "org/example/mixed/0.9/mixed-0.9.pom")).Must(HttpStatusCode.NotFound);
        (await place.GetAsync(place.Shop, "org/example/mixed/0.9/mixed-0.9.pom.sha1")).Must(HttpStatusCode.NotFound);
    }

    private static string Project(MavenClient maven) => maven.Project(
        SharedServer.Fresh("build"),
        MavenClient.Pom("org.example", "app", "1.0", $"<dependencies>{MavenClient.Dependency("org.apache.commons", "commons-lang3", "3.12.0")}{MavenClient.Dependency("com.google.guava", "guava", "31.1-jre")}</dependencies>"),
        ("src/main/java/App.java", "public class App { public String text() { return org.apache.commons.lang3.StringUtils.upperCase(com.google.common.base.Strings.nullToEmpty(null)); } }"));
}
