using System.Security.Cryptography;
using System.Text;

namespace Granary.Tests.Formats.Maven;

public sealed class MavenPublishTests : IAsyncLifetime
{
    private const string Jar = "org/acme/lib/1.0/lib-1.0.jar";
    private const string Listing = "org/acme/lib/maven-metadata.xml";

    private MavenShop shop = null!;

    public async ValueTask InitializeAsync() => shop = await MavenShop.StartAsync();

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    [Fact]
    public async Task A_version_is_seen_by_nobody_until_its_listing_comes()
    {
        await shop.UploadAsync("lib", "1.0");
        Assert.Equal("Unfinished", (await shop.StatusesAsync("lib"))["1.0"]);
        (await shop.GetAsync(Jar)).Is(404);
        (await shop.GetAsync(Listing)).Is(404);
        Assert.Equal(Sha1("bytes of lib 1.0"), (await shop.GetAsync(Jar + ".sha1")).Is(200).Text);

        (await shop.PutAsync(Listing, MavenShop.Listing("lib", "1.0"))).Is(201);
        Assert.Equal("Published", (await shop.StatusesAsync("lib"))["1.0"]);
        Assert.Equal("bytes of lib 1.0", (await shop.GetAsync(Jar)).Is(200).Text);
        Assert.Equal(["1.0"], await shop.VersionsAsync("lib"));
        var assets = (await shop.Host.PostAsync(MavenShop.Target("version/assets", "lib", "1.0"))).Ok();
        Assert.Equal(["lib-1.0.jar", "lib-1.0.pom"], assets.Each("assets", "name"));
    }

    [Fact]
    public async Task Every_checksum_of_every_file_and_listing_can_be_read()
    {
        await shop.DeployAsync("lib", "1.0");
        foreach (var path in new[] { Jar, Listing })
        {
            var bytes = (await shop.GetAsync(path)).Is(200).Bytes;
            Assert.Equal(MavenShop.Hex(MD5.HashData(bytes)), (await shop.GetAsync(path + ".md5")).Is(200).Text);
            Assert.Equal(MavenShop.Hex(SHA1.HashData(bytes)), (await shop.GetAsync(path + ".sha1")).Is(200).Text);
            Assert.Equal(MavenShop.Hex(SHA256.HashData(bytes)), (await shop.GetAsync(path + ".sha256")).Is(200).Text);
            Assert.Equal(MavenShop.Hex(SHA512.HashData(bytes)), (await shop.GetAsync(path + ".sha512")).Is(200).Text);
            var etag = (await shop.GetAsync(path)).ETag;
            (await shop.GetAsync(path, condition: etag)).Is(304);
            Assert.Equal((bytes.Length, ""), ((int)(await shop.GetAsync(path, method: "HEAD")).Is(200).Length!, (await shop.GetAsync(path, method: "HEAD")).Text));
        }

        (await shop.GetAsync("org/acme/lib/1.0/lib-1.0-sources.jar")).Is(404);
        (await shop.GetAsync("org/acme/lib/1.0/lib-1.0-sources.jar.sha1")).Is(404);
        (await shop.GetAsync("org/acme/lib/")).Is(404);
    }

    [Fact]
    public async Task A_wrong_checksum_keeps_a_version_Unfinished_until_the_right_one_comes()
    {
        await shop.UploadAsync("lib", "1.0");
        (await shop.PutAsync(Jar + ".sha1", new string('0', 40))).Is(400);
        (await shop.PutAsync(Jar + ".sha256", Convert.ToHexString(SHA256.HashData("bytes of lib 1.0"u8)))).Is(400);
        Assert.Contains("lib-1.0.jar.sha1", (await shop.PutAsync(Listing, MavenShop.Listing("lib", "1.0"))).Is(400).Reason, StringComparison.Ordinal);
        Assert.Equal("Unfinished", (await shop.StatusesAsync("lib"))["1.0"]);

        // The same files again, as somebody sends them who tries again.
        (await shop.PutAsync(Jar + ".sha256", MavenShop.Hex(SHA256.HashData("bytes of lib 1.0"u8)))).Is(200);
        await shop.DeployAsync("lib", "1.0");
        Assert.Equal("Published", (await shop.StatusesAsync("lib"))["1.0"]);
    }

    [Fact]
    public async Task A_file_whose_checksum_was_wrong_may_come_again_with_other_bytes()
    {
        await shop.UploadAsync("lib", "1.0", content: "damaged");
        (await shop.PutAsync(Jar, "bytes of lib 1.0")).Is(409);
        (await shop.PutAsync(Jar + ".sha1", Sha1("bytes of lib 1.0"))).Is(400);
        await shop.DeployAsync("lib", "1.0");
        Assert.Equal("bytes of lib 1.0", (await shop.GetAsync(Jar)).Is(200).Text);
        (await shop.PutAsync(Jar + ".sha1", new string('0', 40))).Is(400);
        (await shop.PutAsync(Jar, "other bytes")).Is(409);
    }

    [Theory]
    [InlineData(".sha1", "abc", 400)]
    [InlineData(".md5", "<html>", 400)]
    [InlineData(".sha512", "", 400)]
    public async Task What_is_no_checksum_is_refused(string suffix, string body, int status)
    {
        await shop.UploadAsync("lib", "1.0");
        (await shop.PutAsync(Jar + suffix, body)).Is(status);
        (await shop.PutAsync(Listing + suffix, body)).Is(status);
    }

    [Fact]
    public async Task A_checksum_needs_its_file_and_a_listing_its_versions()
    {
        (await shop.PutAsync(Jar + ".sha1", Sha1("x"))).Is(404);
        (await shop.PutAsync(Listing, MavenShop.Listing("lib", "1.0"))).Is(404);
        await shop.UploadAsync("lib", "1.0");
        (await shop.PutAsync("org/acme/lib/1.0/lib-1.0-sources.jar.sha1", Sha1("x"))).Is(404);
        (await shop.PutAsync(Listing, MavenShop.Listing("other", "1.0"))).Is(400);
        (await shop.PutAsync(Listing, MavenShop.Listing("lib", "2.0"))).Is(201);
        Assert.Equal("Unfinished", (await shop.StatusesAsync("lib"))["1.0"]);
        (await shop.PutAsync("org/acme/maven-metadata.xml", "<metadata><plugins/></metadata>")).Is(201);
    }

    [Fact]
    public async Task The_same_bytes_may_come_again_and_other_bytes_never()
    {
        await shop.DeployAsync("lib", "1.0");
        await shop.DeployAsync("lib", "1.0");
        var refused = (await shop.PutAsync(Jar, "other bytes")).Is(409);
        Assert.Contains("lib-1.0.jar", refused.Text, StringComparison.Ordinal);
        (await shop.PutAsync("org/acme/lib/1.0/lib-1.0-sources.jar", "late")).Is(201);
        Assert.Equal("late", (await shop.GetAsync("org/acme/lib/1.0/lib-1.0-sources.jar")).Is(200).Text);
        (await shop.PutAsync("org/acme/lib/1.0/lib-1.0.jar.asc", "signature")).Is(201);
        Assert.Equal("signature", (await shop.GetAsync("org/acme/lib/1.0/lib-1.0.jar.asc")).Is(200).Text);
    }

    [Fact]
    public async Task Ivys_descriptor_ends_a_publish_without_a_listing()
    {
        await shop.UploadAsync("lib", "1.0");
        (await shop.PutAsync("org/acme/lib/1.0/ivy-1.0.xml", "<ivy-module version='2.0'/>")).Is(201);
        Assert.Equal(["1.0"], await shop.VersionsAsync("lib"));

        await shop.UploadAsync("lib", "1.1");
        (await shop.PutAsync("org/acme/lib/1.1/lib-1.1.jar.sha1", new string('f', 40))).Is(400);
        (await shop.PutAsync("org/acme/lib/1.1/ivy-1.1.xml", "<ivy-module version='2.0'/>")).Is(400);
        Assert.Equal(["1.0"], await shop.VersionsAsync("lib"));
    }

    [Theory]
    [InlineData("org/acme/lib/1.0/lib-1.0.pom", "<!DOCTYPE x SYSTEM \"file:///etc/hostname\"><project/>")]
    [InlineData("org/acme/lib/1.0/lib-1.0.pom", "<project><groupId>org.evil</groupId><artifactId>lib</artifactId><version>1.0</version></project>")]
    [InlineData("org/acme/lib/1.0/lib-1.0.pom", "")]
    [InlineData("org/acme/lib/maven-metadata.xml", "<!DOCTYPE x [<!ENTITY e \"1.0\">]><metadata><versioning><versions><version>&e;</version></versions></versioning></metadata>")]
    [InlineData("org/acme/lib/1.0/other-1.0.jar", "x")]
    [InlineData("org/acme/lib/1.0-SNAPSHOT/lib-1.0-SNAPSHOT.jar", "x")]
    [InlineData("org/acme/lib/1.0/..%5c..%5cpwn.jar", "x")]
    [InlineData("org/acme/lib/1.0/..%2flib-1.0.jar", "x")]
    [InlineData("org/acme/../lib/1.0/lib-1.0.jar", "x")]
    [InlineData("lib", "x")]
    public async Task What_cannot_be_is_refused_and_nothing_is_kept(string path, string body)
    {
        (await shop.PutAsync(path, body)).Is(400);
        Assert.Empty(await ChangesAsync());
    }

    [Fact]
    public async Task Two_hundred_thousand_levels_are_refused()
    {
        var deep = "<project>" + string.Concat(Enumerable.Repeat("<a>", 200_000)) + string.Concat(Enumerable.Repeat("</a>", 200_000)) + "</project>";
        (await shop.PutAsync("org/acme/lib/1.0/lib-1.0.pom", deep)).Is(400);
    }

    [Fact]
    public async Task The_control_plane_tells_what_the_POM_says()
    {
        await shop.DeployAsync("lib", "1.0", pom: """
            <name>The library</name><description>It does.</description><url>https://acme.test/</url><licenses><license><name>MIT</name></license></licenses>
            <dependencies><dependency><groupId>org.acme</groupId><artifactId>core</artifactId><version>2</version></dependency></dependencies>
            """);
        var described = (await shop.Host.GetAsync(MavenShop.Target("version", "lib", "1.0"))).Ok();
        Assert.Equal(
            ("The library", "It does.", "https://acme.test/", "Published"),
            (described.Text("packageVersion", "displayName"), described.Text("packageVersion", "summary"), described.Text("packageVersion", "homePage"), described.Text("packageVersion", "status")));
        var dependencies = (await shop.Host.PostAsync(MavenShop.Target("version/dependencies", "lib", "1.0"))).Ok();
        Assert.Equal(["core"], dependencies.Each("dependencies", "package"));
        Assert.Equal(["compile"], dependencies.Each("dependencies", "dependencyType"));
    }

    [Fact]
    public async Task Archived_hides_and_Unlisted_only_leaves_the_listing()
    {
        await shop.DeployAsync("lib", "1.0");
        await shop.DeployAsync("lib", "1.1");
        await shop.SetStatusAsync("lib", "1.1", "Unlisted");
        Assert.Equal(["1.0"], await shop.VersionsAsync("lib"));
        (await shop.GetAsync("org/acme/lib/1.1/lib-1.1.jar")).Is(200);
        await shop.SetStatusAsync("lib", "1.1", "Archived");
        (await shop.GetAsync("org/acme/lib/1.1/lib-1.1.jar")).Is(404);
        (await shop.GetAsync("org/acme/lib/1.1/lib-1.1.jar.sha1")).Is(404);
        (await shop.PutAsync("org/acme/lib/1.1/lib-1.1.jar", "bytes of lib 1.1")).Is(409);
        (await shop.PutAsync("org/acme/lib/1.1/lib-1.1-javadoc.jar", "late")).Is(409);
    }

    [Fact]
    public async Task Upstream_versions_are_listed_read_and_kept_and_cannot_be_published_again()
    {
        await shop.DeployAsync("lib", "1.0", "far");
        await shop.DeployAsync("lib", "1.10", "far");
        Assert.Equal(["1.0", "1.10"], await shop.VersionsAsync("lib"));
        Assert.Equal(Sha1("bytes of lib 1.0"), (await shop.GetAsync(Jar + ".sha1")).Is(200).Text);
        (await shop.GetAsync(Jar)).Is(200);
        Assert.Equal(["1.0"], (await shop.StatusesAsync("lib")).Keys);
        (await shop.PutAsync("org/acme/lib/1.10/lib-1.10.jar", "mine")).Is(403);
        await shop.DeployAsync("own", "1.0");
        await shop.DeployAsync("own", "2.0", "far");
        Assert.Equal(["1.0"], await shop.VersionsAsync("own"));
    }

    [Fact]
    public async Task An_upstreams_Archived_version_is_not_there()
    {
        await shop.DeployAsync("lib", "1.0", "far");
        await shop.SetStatusAsync("lib", "1.0", "Archived", "far");
        (await shop.GetAsync(Jar)).Is(404);
        (await shop.GetAsync(Jar + ".sha1")).Is(404);
        (await shop.GetAsync(Listing)).Is(404);
    }

    private static string Sha1(string text) => MavenShop.Hex(SHA1.HashData(Encoding.UTF8.GetBytes(text)));

    private async Task<List<string?>> ChangesAsync() => [.. (await shop.Host.ChangesAsync()).Where(c => c.Format == "maven").Select(c => c.Version)];
}
