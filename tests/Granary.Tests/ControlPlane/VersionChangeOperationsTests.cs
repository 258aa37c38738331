namespace Granary.Tests.ControlPlane;

public sealed class VersionChangeOperationsTests
{
    private const string Left = "domain=tools&repository=shop&format=npm&package=left";
    private const string Status = $"/v1/package/versions/update_status?{Left}";
    private const string Dispose = $"/v1/package/versions/dispose?{Left}";
    private const string Delete = $"/v1/package/versions/delete?{Left}";

    [Fact]
    public async Task Sets_the_status_of_all_versions_or_of_none()
    {
        await using var host = await StartAsync();
        var done = (await host.PostAsync(Status, """{"versions":["1.0.0","1.0.1"],"targetStatus":"Unlisted","expectedStatus":"Published"}""")).Ok();
        Assert.Equal("{}", done.Body["failedVersions"]!.ToJsonString());
        Assert.Equal("Unlisted", done.Text("successfulVersions", "1.0.1", "status"));
        Assert.NotEmpty(done.Text("successfulVersions", "1.0.0", "revision"));

        var failed = (await host.PostAsync(Status, """{"versions":["1.0.0","1.0.2"],"targetStatus":"Archived","expectedStatus":"Published"}""")).Ok();
        Assert.Equal("{}", failed.Body["successfulVersions"]!.ToJsonString());
        Assert.Equal("MISMATCHED_STATUS", failed.Text("failedVersions", "1.0.0", "errorCode"));
        Assert.Equal("current status: Unlisted, expected status: Published", failed.Text("failedVersions", "1.0.0", "errorMessage"));
        Assert.Equal("SKIPPED", failed.Text("failedVersions", "1.0.2", "errorCode"));
        Assert.Equal(["1.0.2"], (await host.PostAsync($"/v1/package/versions?{Left}&status=Published")).Ok().Each("versions", "version"));

        var missing = (await host.PostAsync(Status, """{"versions":["5.6.7"],"targetStatus":"Archived"}""")).Ok();
        Assert.Equal("NOT_FOUND", missing.Text("failedVersions", "5.6.7", "errorCode"));
    }

    [Fact]
    public async Task Compares_revisions()
    {
        await using var host = await StartAsync();
        var list = (await host.PostAsync($"/v1/package/versions?{Left}")).Ok();
        var revision = (string)list.Body["versions"]![0]!["revision"]!;
        var wrong = (await host.PostAsync(Dispose, """{"versions":["1.0.0"],"versionRevisions":{"1.0.0":"other"}}""")).Ok();
        Assert.Equal("MISMATCHED_REVISION", wrong.Text("failedVersions", "1.0.0", "errorCode"));
        Assert.Equal($"current revision: {revision}, expected revision: other", wrong.Text("failedVersions", "1.0.0", "errorMessage"));
        var right = (await host.PostAsync(Dispose, $$"""{"versions":["1.0.0"],"versionRevisions":{"1.0.0":"{{revision}}"} }""")).Ok();
        Assert.Equal("Disposed", right.Text("successfulVersions", "1.0.0", "status"));
        (await host.PostAsync(Dispose, """{"versions":["1.0.1"],"versionRevisions":{"1.0.2":"x"}}""")).IsInvalid();
        (await host.PostAsync(Status, """{"versions":["1.0.1"],"versionRevisions":{"1.0.1":"x","1.0.2":"x"},"targetStatus":"Archived"}""")).IsInvalid();
    }

    [Fact]
    public async Task Disposes_for_good_and_deletes_so_that_the_version_is_free()
    {
        await using var host = await StartAsync();
        (await host.PostAsync(Dispose, """{"versions":["1.0.0"]}""")).Ok();
        Assert.Equal("Disposed", (await host.GetAsync($"/v1/package/version?{Left}&version=1.0.0")).Ok().Text("packageVersion", "status"));
        (await host.GetAsync($"/v1/package/version/asset?{Left}&version=1.0.0&asset=package.tgz")).Is(404, "ResourceNotFoundException");
        Assert.Equal("[]", (await host.PostAsync($"/v1/package/version/assets?{Left}&version=1.0.0")).Ok().Body["assets"]!.ToJsonString());
        var back = (await host.PostAsync(Status, """{"versions":["1.0.0"],"targetStatus":"Published"}""")).Ok();
        Assert.Equal("NOT_ALLOWED", back.Text("failedVersions", "1.0.0", "errorCode"));

        var deleted = (await host.PostAsync(Delete, """{"versions":["1.0.0","1.0.0"]}""")).Ok();
        Assert.Equal("Deleted", deleted.Text("successfulVersions", "1.0.0", "status"));
        (await host.GetAsync($"/v1/package/version?{Left}&version=1.0.0")).Is(404, "ResourceNotFoundException");
        await host.PublishAsync("left", "1.0.0");

        (await host.PostAsync(Delete, """{"versions":["1.0.0","1.0.1","1.0.2"]}""")).Ok();
        Assert.Equal("left", (await host.GetAsync($"/v1/package?{Left}")).Ok().Text("package", "name"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("""{"versions":null,"targetStatus":"Archived"}""")]
    [InlineData("""{"versions":["1.0.0"]}""")]
    [InlineData("""{"versions":["1.0.0"],"targetStatus":"Unfinished"}""")]
    [InlineData("""{"versions":["1.0.0"],"targetStatus":"Disposed"}""")]
    [InlineData("""{"versions":["1.0.0"],"targetStatus":"Deleted"}""")]
    [InlineData("""{"versions":["1.0.0"],"targetStatus":"archived"}""")]
    [InlineData("""{"versions":["1.0.0"],"targetStatus":"Archived","expectedStatus":"Gone"}""")]
    [InlineData("""{"versions":["a/b"],"targetStatus":"Archived"}""")]
    [InlineData("""{"versions":[""],"targetStatus":"Archived"}""")]
    public async Task Refuses_selections_and_targets_that_cannot_be(string body)
    {
        await using var host = await StartAsync();
        (await host.PostAsync(Status, body)).IsInvalid();
    }

    [Theory]
    [InlineData(101)]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    public async Task Refuses_more_than_a_hundred_versions(int count)
    {
        await using var host = await StartAsync();
        var body = $$"""{"versions":[{{string.Join(',', Enumerable.Repeat("\"1.0.0\"", count))}}]}""";
        (await host.PostAsync(Delete, body)).IsInvalid();
        Assert.Equal(3, (await host.PostAsync($"/v1/package/versions?{Left}")).Ok().Body["versions"]!.AsArray().Count);
    }

    [Fact]
    public async Task Finds_no_package_that_is_not_there()
    {
        await using var host = await StartAsync();
        var none = Left.Replace("left", "none", StringComparison.Ordinal);
        (await host.PostAsync($"/v1/package/versions/delete?{none}", """{"versions":["1.0.0"]}""")).Is(404, "ResourceNotFoundException").IsAbout("package", "none");
        (await host.PostAsync($"/v1/package/versions/dispose?{none}", """{"versions":["1.0.0"]}""")).Is(404, "ResourceNotFoundException").IsAbout("package", "none");
    }

    private static async Task<ControlPlaneHost> StartAsync()
    {
        var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        for (var i = 0; i < 3; i++)
        {
            await host.PublishAsync("left", $"1.0.{i}");
        }

        return host;
    }
}
