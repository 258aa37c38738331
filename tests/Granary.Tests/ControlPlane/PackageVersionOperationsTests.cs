namespace Granary.Tests.ControlPlane;

public sealed class PackageVersionOperationsTests
{
    private const string Left = "domain=tools&repository=shop&format=npm&namespace=acme&package=left";

    private const string Manifest = """
        {"name":"@acme/left","version":"1.0.0","description":"Goes left","homepage":"https://left.example/","license":"MIT",
         "repository":{"type":"git","url":"https://code.example/left.git"},
         "dependencies":{"right":"^1.0.0","@acme/core":"~2.1"},"devDependencies":{"test":"*"},"peerDependencies":{"react":">=16"}}
        """;

    [Fact]
    public async Task Lists_versions_with_status_revision_and_origin()
    {
        await using var host = await StartAsync();
        var one = await host.PublishAsync("@acme/left", "1.0.0");
        await host.PublishAsync("@acme/left", "2.0.0", connection: "public:npmjs");
        await host.PublishAsync("@acme/left", "1.0.1");

        var list = (await host.PostAsync($"/v1/package/versions?{Left}", "{}")).Ok();
        Assert.Equal("1.0.1", list.Text("defaultDisplayVersion"));
        Assert.Equal(("npm", "acme", "left"), (list.Text("format"), list.Text("namespace"), list.Text("package")));
        Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(list.Body["versions"]![0], System.Text.Json.Nodes.JsonNode.Parse(
            $$$"""{"version":"1.0.0","revision":"{{{one.Revision}}}","status":"Published","origin":{"domainEntryPoint":{"repositoryName":"shop"},"originType":"INTERNAL"},"publishedTime":{{{Seconds(one.PublishedAt)}}},"size":5}""")));
        Assert.Contains(one.Revision, System.Text.Encoding.UTF8.GetString(list.Bytes), StringComparison.Ordinal);
        Assert.Equal(
            """{"domainEntryPoint":{"externalConnectionName":"public:npmjs"},"originType":"EXTERNAL"}""",
            list.Body["versions"]![1]!["origin"]!.ToJsonString());

        Assert.Equal(["1.0.1", "2.0.0", "1.0.0"], (await host.PostAsync($"/v1/package/versions?{Left}&sortBy=PUBLISHED_TIME")).Ok().Each("versions", "version"));
        Assert.Equal(["2.0.0"], (await host.PostAsync($"/v1/package/versions?{Left}&originType=EXTERNAL")).Ok().Each("versions", "version"));
        Assert.Equal(["1.0.0", "1.0.1"], (await host.PostAsync($"/v1/package/versions?{Left}&originType=INTERNAL")).Ok().Each("versions", "version"));
        Assert.Empty((await host.PostAsync($"/v1/package/versions?{Left}&originType=UNKNOWN")).Ok().Each("versions", "version"));
        Assert.Empty((await host.PostAsync($"/v1/package/versions?{Left}&status=Archived")).Ok().Each("versions", "version"));
        Assert.Empty((await host.PostAsync($"/v1/package/versions?{Left}&status=Deleted")).Ok().Each("versions", "version"));
        (await host.PostAsync($"/v1/package/versions?{Left}&status=published")).IsInvalid();
        (await host.PostAsync($"/v1/package/versions?{Left}&sortBy=NAME")).IsInvalid();
        (await host.PostAsync($"/v1/package/versions?{Left.Replace("left", "none")}")).Is(404, "ResourceNotFoundException").IsAbout("package", "none");
    }

    [Fact]
    public async Task Describes_a_version_from_its_manifest()
    {
        await using var host = await StartAsync();
        var published = await host.PublishAsync("@acme/left", "1.0.0", manifest: Manifest);
        var reply = (await host.GetAsync($"/v1/package/version?{Left}&version=1.0.0")).Ok();
        string Text(string name) => reply.Text("packageVersion", name);

        Assert.Equal(("npm", "acme", "left", "1.0.0"), (Text("format"), Text("namespace"), Text("packageName"), Text("version")));
        Assert.Equal("@acme/left", Text("displayName"));
        Assert.Equal("Goes left", Text("summary"));
        Assert.Equal("https://left.example/", Text("homePage"));
        Assert.Contains("code.example/left", Text("sourceCodeRepository"), StringComparison.Ordinal);
        Assert.Equal("MIT", (string)reply.At("packageVersion", "licenses")![0]!["name"]!);
        Assert.Equal(published.PublishedAt.ToUnixTimeMilliseconds() / 1000.0, (double)reply.At("packageVersion", "publishedTime")!);
        Assert.Equal((published.Revision, "Published"), (Text("revision"), Text("status")));
        Assert.Equal("INTERNAL", reply.Text("packageVersion", "origin", "originType"));

        (await host.GetAsync($"/v1/package/version?{Left}&version=9.9.9")).Is(404, "ResourceNotFoundException").IsAbout("package-version", "9.9.9");
        (await host.GetAsync($"/v1/package/version?{Left}")).IsInvalid();
    }

    [Fact]
    public async Task Lists_dependencies_of_the_manifest_and_the_readme()
    {
        await using var host = await StartAsync();
        var published = await host.PublishAsync("@acme/left", "1.0.0", manifest: Manifest, readme: "# Left\n\"quoted\" <b>");
        var list = (await host.PostAsync($"/v1/package/version/dependencies?{Left}&version=1.0.0")).Ok();
        Assert.Equal((published.Revision, "1.0.0", "left"), (list.Text("versionRevision"), list.Text("version"), list.Text("package")));
        var dependencies = list.Body["dependencies"]!.AsArray().Select(d => $"{d!["namespace"]}/{d["package"]} {d["dependencyType"]} {d["versionRequirement"]}");
        Assert.Equal(["/react peer >=16", "/right regular ^1.0.0", "/test dev *", "acme/core regular ~2.1"], dependencies.Order(StringComparer.Ordinal));
        (await host.PostAsync($"/v1/package/version/dependencies?{Left}&version=1.0.0&next-token=abc")).IsInvalid();

        var readme = (await host.GetAsync($"/v1/package/version/readme?{Left}&version=1.0.0")).Ok();
        Assert.Equal("# Left\n\"quoted\" <b>", readme.Text("readme"));
        Assert.DoesNotContain("\\u0022", System.Text.Encoding.UTF8.GetString(readme.Bytes), StringComparison.Ordinal);
        await host.PublishAsync("@acme/left", "1.0.1");
        (await host.GetAsync($"/v1/package/version/readme?{Left}&version=1.0.1")).Is(404, "ResourceNotFoundException").IsAbout("package-version", "1.0.1");
    }

    [Fact]
    public async Task Pages_through_a_manifest_with_thousands_of_dependencies()
    {
        await using var host = await StartAsync();
        var many = string.Join(',', Enumerable.Range(0, 2500).Select(i => $"\"d{i:0000}\":\"1\""));
        await host.PublishAsync("@acme/left", "1.0.0", manifest: $$$"""{"name":"@acme/left","version":"1.0.0","dependencies":{ {{{many}}} }}""");
        var (seen, token) = (new List<string>(), "");
        do
        {
            var page = (await host.PostAsync($"/v1/package/version/dependencies?{Left}&version=1.0.0{token}")).Ok();
            seen.AddRange(page.Each("dependencies", "package"));
            token = page.At("nextToken") is { } next ? $"&next-token={next}" : "";
        }
        while (token.Length > 0);
        Assert.Equal(Enumerable.Range(0, 2500).Select(i => $"d{i:0000}"), seen);
    }

    private static async Task<ControlPlaneHost> StartAsync()
    {
        var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        return host;
    }

    private static string Seconds(DateTimeOffset at) => (at.ToUnixTimeMilliseconds() / 1000.0).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
