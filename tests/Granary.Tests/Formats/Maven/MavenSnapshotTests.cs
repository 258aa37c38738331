namespace Granary.Tests.Formats.Maven;

public sealed class MavenSnapshotTests : IAsyncLifetime
{
    private const string First = "1.0-20240101.120000-1";
    private const string Second = "1.0-20240102.120000-2";
    private const string Folder = "org/acme/lib/1.0-SNAPSHOT/";

    private MavenShop shop = null!;

    public async ValueTask InitializeAsync() => shop = await MavenShop.StartAsync();

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    [Fact]
    public async Task Builds_are_Unlisted_and_the_snapshot_is_the_newest_of_them()
    {
        await shop.UploadAsync("lib", First);
        Assert.Equal("Unfinished", (await shop.StatusesAsync("lib"))[First]);
        (await shop.GetAsync($"{Folder}lib-{First}.jar")).Is(404);
        (await shop.GetAsync($"{Folder}maven-metadata.xml")).Is(404);

        await shop.DeployAsync("lib", First);
        await shop.DeployAsync("lib", Second);
        Assert.Equal(
            [("1.0-SNAPSHOT", "Published"), (First, "Unlisted"), (Second, "Unlisted")],
            (await shop.StatusesAsync("lib")).OrderBy(v => v.Value).ThenBy(v => v.Key).Select(v => (v.Key, v.Value)));
        Assert.Equal(["1.0-SNAPSHOT"], await shop.VersionsAsync("lib"));
        Assert.Contains("<timestamp>20240102.120000</timestamp>", (await shop.GetAsync($"{Folder}maven-metadata.xml")).Is(200).Text, StringComparison.Ordinal);
        Assert.Equal($"bytes of lib {Second}", (await shop.GetAsync($"{Folder}lib-1.0-SNAPSHOT.jar")).Is(200).Text);
        Assert.Equal($"bytes of lib {First}", (await shop.GetAsync($"{Folder}lib-{First}.jar")).Is(200).Text);
        (await shop.GetAsync($"{Folder}lib-1.0-SNAPSHOT.jar.sha1")).Is(200);
        (await shop.GetAsync($"{Folder}maven-metadata.xml.sha256")).Is(200);
        var assets = (await shop.Host.PostAsync(MavenShop.Target("version/assets", "lib", "1.0-SNAPSHOT"))).Ok();
        Assert.Equal([$"lib-{Second}.jar", $"lib-{Second}.pom"], assets.Each("assets", "name"));
    }

    [Fact]
    public async Task A_build_that_comes_late_does_not_become_the_newest()
    {
        await shop.DeployAsync("lib", Second);
        await shop.DeployAsync("lib", First);
        Assert.Equal($"bytes of lib {Second}", (await shop.GetAsync($"{Folder}lib-1.0-SNAPSHOT.jar")).Is(200).Text);
    }

    [Fact]
    public async Task When_the_newest_build_is_deleted_the_one_before_is_the_newest()
    {
        await shop.DeployAsync("lib", First);
        await shop.DeployAsync("lib", Second);
        Assert.Equal($"bytes of lib {Second}", (await shop.GetAsync($"{Folder}lib-1.0-SNAPSHOT.jar")).Is(200).Text);
        (await shop.Host.PostAsync(
            "/v1/package/versions/delete?domain=tools&repository=shop&format=maven&namespace=org.acme&package=lib",
            $$"""{"versions":["{{Second}}"],"expectedStatus":"Unlisted"}""")).Ok();
        Assert.Equal($"bytes of lib {First}", (await shop.GetAsync($"{Folder}lib-1.0-SNAPSHOT.jar")).Is(200).Text);
        Assert.Contains("<timestamp>20240101.120000</timestamp>", (await shop.GetAsync($"{Folder}maven-metadata.xml")).Is(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_of_the_snapshot_alone_has_its_newest_build()
    {
        await shop.DeployAsync("lib", First, "far");
        (await shop.Host.PutAsync("/v1/repository?domain=tools&repository=shop", """{"upstreams":[]}""")).Ok();
        (await shop.Host.PostAsync(
            "/v1/package/versions/copy?domain=tools&source-repository=far&destination-repository=shop&format=maven&namespace=org.acme&package=lib", """{"versions":["1.0-SNAPSHOT"]}""")).Ok();
        Assert.Contains("<timestamp>20240101.120000</timestamp>", (await shop.GetAsync($"{Folder}maven-metadata.xml")).Is(200).Text, StringComparison.Ordinal);
        Assert.Equal($"bytes of lib {First}", (await shop.GetAsync($"{Folder}lib-{First}.jar")).Is(200).Text);
        Assert.Equal($"bytes of lib {First}", (await shop.GetAsync($"{Folder}lib-1.0-SNAPSHOT.jar")).Is(200).Text);
        (await shop.GetAsync($"{Folder}lib-{First}.jar.sha1")).Is(200);
    }

    [Fact]
    public async Task An_archived_snapshot_is_hidden_and_takes_no_build()
    {
        await shop.DeployAsync("lib", First);
        await shop.SetStatusAsync("lib", "1.0-SNAPSHOT", "Archived");
        (await shop.GetAsync($"{Folder}maven-metadata.xml")).Is(404);
        (await shop.GetAsync($"{Folder}lib-1.0-SNAPSHOT.jar")).Is(404);
        await shop.UploadAsync("lib", Second);
        (await shop.PutAsync($"{Folder}maven-metadata.xml", MavenShop.SnapshotListing("lib", "1.0-SNAPSHOT", "20240102.120000", "2"))).Is(409);
    }

    [Fact]
    public async Task A_listing_must_name_a_build_that_is_there_with_the_right_checksums()
    {
        await shop.UploadAsync("lib", First);
        (await shop.PutAsync($"{Folder}maven-metadata.xml", MavenShop.SnapshotListing("lib", "1.0-SNAPSHOT", "20240102.120000", "2"))).Is(404);
        (await shop.PutAsync($"{Folder}maven-metadata.xml", MavenShop.Listing("lib", "1.0-SNAPSHOT"))).Is(400);
        (await shop.PutAsync($"{Folder}lib-{First}.jar.md5", new string('0', 32))).Is(400);
        (await shop.PutAsync($"{Folder}maven-metadata.xml", MavenShop.SnapshotListing("lib", "1.0-SNAPSHOT", "20240101.120000", "1"))).Is(400);
        (await shop.GetAsync($"{Folder}maven-metadata.xml")).Is(404);
    }

    [Fact]
    public async Task Snapshots_are_read_from_upstream_and_the_newest_stays_the_upstreams()
    {
        await shop.DeployAsync("lib", First, "far");
        Assert.Equal($"bytes of lib {First}", (await shop.GetAsync($"{Folder}lib-1.0-SNAPSHOT.jar")).Is(200).Text);
        Assert.Equal([First], (await shop.StatusesAsync("lib")).Keys);
        await shop.DeployAsync("lib", Second, "far");
        Assert.Contains("<timestamp>20240102.120000</timestamp>", (await shop.GetAsync($"{Folder}maven-metadata.xml")).Is(200).Text, StringComparison.Ordinal);
        Assert.Equal($"bytes of lib {Second}", (await shop.GetAsync($"{Folder}lib-1.0-SNAPSHOT.jar")).Is(200).Text);

        // What was kept stays when the upstream is no more.
        (await shop.Host.PutAsync("/v1/repository?domain=tools&repository=shop", """{"upstreams":[]}""")).Ok();
        Assert.Equal($"bytes of lib {Second}", (await shop.GetAsync($"{Folder}lib-1.0-SNAPSHOT.jar")).Is(200).Text);
    }
}
