using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Granary.Core.Events;
using Granary.Core.Packages;

namespace Granary.Tests.ControlPlane;

public sealed class CopyOperationsTests
{
    private const string Left = "format=npm&package=left";
    private const string Copy = $"/v1/package/versions/copy?domain=tools&source-repository=shop&destination-repository=spare&{Left}";

    [Fact]
    public async Task Copies_a_version_with_all_that_belongs_to_it()
    {
        await using var host = await StartAsync();
        var original = await host.PublishAsync("left", "1.0.0", readme: "# left");
        await TagAsync(host, "shop", "latest", "1.0.0");
        await TagAsync(host, "shop", "stable", "1.0.0");
        host.Clock.Advance(TimeSpan.FromMinutes(1));

        var copied = (await host.PostAsync(Copy, """{"versions":["1.0.0"]}""")).Ok();

        Assert.Equal((original.Revision, "Published"), (copied.Text("successfulVersions", "1.0.0", "revision"), copied.Text("successfulVersions", "1.0.0", "status")));
        Assert.Equal("{}", copied.Body["failedVersions"]!.ToJsonString());
        var version = (await host.GetAsync($"/v1/package/version?{In("spare")}&version=1.0.0")).Ok();
        Assert.Equal("shop", version.Text("packageVersion", "origin", "domainEntryPoint", "repositoryName"));
        Assert.Equal(original.PublishedAt.ToUnixTimeMilliseconds() / 1000.0, (double)version.At("packageVersion", "publishedTime")!);
        Assert.Equal("# left", (await host.GetAsync($"/v1/package/version/readme?{In("spare")}&version=1.0.0")).Ok().Text("readme"));
        Assert.Equal("bytes"u8.ToArray(), (await host.GetAsync($"/v1/package/version/asset?{In("spare")}&version=1.0.0&asset=package.tgz")).Ok().Bytes);
        Assert.Equal(["latest 1.0.0", "stable 1.0.0"], await TagsAsync(host, "spare"));
        Assert.Equal("ALLOW BLOCK", await OriginAsync(host, "spare"));
        var change = (await host.ChangesAsync())[^1];
        Assert.Equal((ChangeKind.VersionCreated, "spare", 1), (change.Kind, change.Repository, change.AssetsAdded));
    }

    [Fact]
    public async Task Leaves_out_what_is_there_with_the_same_content()
    {
        await using var host = await StartAsync();
        await host.PublishAsync("left", "1.0.0");
        await host.PublishAsync("left", "1.1.0");
        (await host.PostAsync(Copy, """{"versions":["1.0.0"]}""")).Ok();
        var changes = (await host.ChangesAsync()).Count;

        var again = (await host.PostAsync(Copy, """{"versions":["1.0.0"]}""")).Ok();
        Assert.Equal(("{}", "{}"), (again.Body["successfulVersions"]!.ToJsonString(), again.Body["failedVersions"]!.ToJsonString()));
        Assert.Equal(changes, (await host.ChangesAsync()).Count);
        Assert.Equal(["1.1.0"], Names((await host.PostAsync(Copy, """{"versions":["1.0.0","1.1.0"],"allowOverwrite":true}""")).Ok(), "successfulVersions"));
    }

    [Fact]
    public async Task Replaces_other_content_only_where_it_may()
    {
        await using var host = await StartAsync();
        await host.PublishAsync("left", "1.0.0", content: "patched", readme: "new");
        await host.PublishAsync("left", "1.1.0");
        await host.PublishAsync("left", "1.0.0", repository: "spare", content: "public", connection: "public:npmjs", readme: "old");

        var refused = (await host.PostAsync(Copy, """{"versions":["1.0.0","1.1.0"]}""")).Ok();
        Assert.Equal(("ALREADY_EXISTS", "Version 1.0.0 already exists"), (refused.Text("failedVersions", "1.0.0", "errorCode"), refused.Text("failedVersions", "1.0.0", "errorMessage")));
        Assert.Equal(("SKIPPED", "Version 1.1.0 was skipped"), (refused.Text("failedVersions", "1.1.0", "errorCode"), refused.Text("failedVersions", "1.1.0", "errorMessage")));
        Assert.Equal("{}", refused.Body["successfulVersions"]!.ToJsonString());
        (await host.GetAsync($"/v1/package/version?{In("spare")}&version=1.1.0")).Is(404, "ResourceNotFoundException");

        Assert.Equal(["1.0.0", "1.1.0"], Names((await host.PostAsync(Copy, """{"versions":["1.0.0","1.1.0"],"allowOverwrite":true}""")).Ok(), "successfulVersions"));
        Assert.Equal("patched"u8.ToArray(), (await host.GetAsync($"/v1/package/version/asset?{In("spare")}&version=1.0.0&asset=package.tgz")).Ok().Bytes);
        Assert.Equal("new", (await host.GetAsync($"/v1/package/version/readme?{In("spare")}&version=1.0.0")).Ok().Text("readme"));
        // The record of the package that was there decides further about what may be published and what comes from upstream.
        Assert.Equal("BLOCK ALLOW", await OriginAsync(host, "spare"));
        var change = (await host.ChangesAsync()).Single(c => c is { Kind: ChangeKind.VersionUpdated, Version: "1.0.0" });
        Assert.Equal((1, 1, true, false), (change.AssetsAdded, change.AssetsRemoved, change.MetadataUpdated, change.StatusChanged));
    }

    [Fact]
    public async Task What_is_read_while_a_version_is_overwritten_is_of_one_revision()
    {
        await using var host = await StartAsync();
        (await host.PostAsync("/v1/repository?domain=tools&repository=other")).Ok();
        var contents = new Dictionary<string, string>();
        foreach (var repository in (string[])["shop", "other"])
        {
            contents.Add((await host.PublishAsync("left", "1.0.0", repository, content: repository, readme: repository)).Revision, repository);
        }

        async Task CopyAsync(string source) =>
            (await host.PostAsync(Copy.Replace("=shop&", $"={source}&", StringComparison.Ordinal), """{"versions":["1.0.0"],"allowOverwrite":true}""")).Ok();

        await CopyAsync("shop");
        async Task OverwriteAsync()
        {
            for (var i = 0; i < 60; i++)
            {
                await CopyAsync(i % 2 == 0 ? "other" : "shop");
            }
        }

        var copying = OverwriteAsync();
        var seen = new HashSet<string>();
        while (!copying.IsCompleted)
        {
            var readme = (await host.GetAsync($"/v1/package/version/readme?{In("spare")}&version=1.0.0")).Ok();
            Assert.Equal(contents[readme.Text("versionRevision")], readme.Text("readme"));
            var listed = (await host.PostAsync($"/v1/package/version/assets?{In("spare")}&version=1.0.0")).Ok();
            var sha = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(contents[listed.Text("versionRevision")])));
            Assert.Equal(sha, (string?)listed.Body["assets"]![0]!["hashes"]!["SHA-256"]);
            seen.Add(sha);
        }

        await copying;
        Assert.Equal(2, seen.Count);
    }

    [Fact]
    public async Task Copies_by_revision()
    {
        await using var host = await StartAsync();
        var original = await host.PublishAsync("left", "1.0.0");
        var wrong = (await host.PostAsync(Copy, """{"versionRevisions":{"1.0.0":"other"}}""")).Ok();
        Assert.Equal("MISMATCHED_REVISION", wrong.Text("failedVersions", "1.0.0", "errorCode"));
        Assert.Equal($"current revision: {original.Revision}, expected revision: other", wrong.Text("failedVersions", "1.0.0", "errorMessage"));
        Assert.Equal(["1.0.0"], Names((await host.PostAsync(Copy, $$"""{"versionRevisions":{"1.0.0":"{{original.Revision}}"} }""")).Ok(), "successfulVersions"));
    }

    [Fact]
    public async Task Looks_upstream_only_where_it_is_asked_to_and_the_nearest_decides()
    {
        await using var host = await StartAsync();
        await host.PublishAsync("left", "1.0.0", repository: "store", content: "far");
        await host.PublishAsync("left", "2.0.0", repository: "store", content: "far");
        await TagAsync(host, "store", "latest", "2.0.0");
        (await host.PutAsync("/v1/repository?domain=tools&repository=shop", """{"upstreams":[{"repositoryName":"store"}]}""")).Ok();
        (await host.PostAsync(Copy, """{"versions":["1.0.0"]}""")).Is(404, "ResourceNotFoundException").IsAbout("package", "left");
        (await host.PostAsync($"/v1/package?{In("shop")}", """{"restrictions":{"publish":"ALLOW","upstream":"ALLOW"}}""")).Ok();
        await host.PublishAsync("left", "1.0.0", content: "near");
        var missing = (await host.PostAsync(Copy, """{"versions":["2.0.0","1.0.0"]}""")).Ok();
        Assert.Equal(("NOT_FOUND", "Could not find version 2.0.0"), (missing.Text("failedVersions", "2.0.0", "errorCode"), missing.Text("failedVersions", "2.0.0", "errorMessage")));

        Assert.Equal(["1.0.0", "2.0.0"], Names((await host.PostAsync(Copy, """{"versions":["2.0.0","1.0.0"],"includeFromUpstream":true}""")).Ok(), "successfulVersions"));
        Assert.Equal("near"u8.ToArray(), (await host.GetAsync($"/v1/package/version/asset?{In("spare")}&version=1.0.0&asset=package.tgz")).Ok().Bytes);
        Assert.Equal("far"u8.ToArray(), (await host.GetAsync($"/v1/package/version/asset?{In("spare")}&version=2.0.0&asset=package.tgz")).Ok().Bytes);
        Assert.Equal(["latest 2.0.0"], await TagsAsync(host, "spare"));
        // Only the destination gets anything.
        Assert.Equal(["1.0.0"], (await host.PostAsync($"/v1/package/versions?{In("shop")}")).Ok().Each("versions", "version"));

        (await host.PostAsync($"/v1/package?{In("shop")}", """{"restrictions":{"publish":"ALLOW","upstream":"BLOCK"}}""")).Ok();
        (await host.DeleteAsync($"/v1/package?{In("spare")}")).Ok();
        var blocked = (await host.PostAsync(Copy, """{"versions":["2.0.0"],"includeFromUpstream":true}""")).Ok();
        Assert.Equal("NOT_FOUND", blocked.Text("failedVersions", "2.0.0", "errorCode"));
    }

    [Fact]
    public async Task Keeps_the_status_and_copies_nothing_that_has_no_bytes_or_is_not_whole()
    {
        await using var host = await StartAsync();
        foreach (var version in new[] { "1.0.0", "1.1.0", "1.2.0" })
        {
            await host.PublishAsync("left", version);
        }

        await StatusAsync(host, "shop", "1.0.0", "Archived");
        await StatusAsync(host, "shop", "1.1.0", "Unlisted");
        (await host.PostAsync($"/v1/package/versions/dispose?{In("shop")}", """{"versions":["1.2.0"]}""")).Ok();
        var copied = (await host.PostAsync(Copy, """{"versions":["1.0.0","1.1.0"]}""")).Ok();
        Assert.Equal(("Archived", "Unlisted"), (copied.Text("successfulVersions", "1.0.0", "status"), copied.Text("successfulVersions", "1.1.0", "status")));
        Assert.Equal("NOT_ALLOWED", (await host.PostAsync(Copy, """{"versions":["1.2.0"]}""")).Ok().Text("failedVersions", "1.2.0", "errorCode"));

        // What was disposed in the destination comes back only after it was deleted there.
        (await host.PostAsync($"/v1/package/versions/dispose?{In("spare")}", """{"versions":["1.1.0"]}""")).Ok();
        Assert.Equal("NOT_ALLOWED", (await host.PostAsync(Copy, """{"versions":["1.1.0"],"allowOverwrite":true}""")).Ok().Text("failedVersions", "1.1.0", "errorCode"));
        (await host.PostAsync($"/v1/package/versions/delete?{In("spare")}", """{"versions":["1.1.0"]}""")).Ok();
        Assert.Equal(["1.1.0"], Names((await host.PostAsync(Copy, """{"versions":["1.1.0"]}""")).Ok(), "successfulVersions"));

        const string Tool = "format=generic&namespace=acme&package=tool";
        (await host.PostAsync($"/v1/package/version/publish?domain=tools&repository=shop&{Tool}&version=1&asset=a&unfinished=true", "bytes")).Ok();
        var unfinished = (await host.PostAsync($"/v1/package/versions/copy?domain=tools&source-repository=shop&destination-repository=spare&{Tool}", """{"versions":["1"]}""")).Ok();
        Assert.Equal("NOT_ALLOWED", unfinished.Text("failedVersions", "1", "errorCode"));
    }

    [Fact]
    public async Task A_name_that_only_public_versions_were_copied_of_stays_open_to_its_upstreams()
    {
        await using var host = await StartAsync();
        await host.PublishAsync("left", "1.0.0", connection: "public:npmjs");
        (await host.PostAsync(Copy, """{"versions":["1.0.0"]}""")).Ok();
        Assert.Equal("BLOCK ALLOW", await OriginAsync(host, "spare"));
        Assert.Equal("public:npmjs", (await host.GetAsync($"/v1/package/version?{In("spare")}&version=1.0.0")).Ok().Text("packageVersion", "origin", "domainEntryPoint", "externalConnectionName"));
    }

    [Fact]
    public async Task Publish_controls_do_not_stop_a_copy()
    {
        await using var host = await StartAsync();
        await host.PublishAsync("left", "1.0.0");
        (await host.PostAsync($"/v1/package?{In("spare")}", """{"restrictions":{"publish":"BLOCK","upstream":"ALLOW"}}""")).Ok();
        Assert.Equal(["1.0.0"], Names((await host.PostAsync(Copy, """{"versions":["1.0.0"]}""")).Ok(), "successfulVersions"));
        Assert.Equal("BLOCK ALLOW", await OriginAsync(host, "spare"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"versions":["1.0.0"],"versionRevisions":{"1.0.0":"x"}}""")]
    [InlineData("""{"versions":["a/b"]}""")]
    [InlineData("""{"versionRevisions":{"1.0.0":""}}""")]
    public async Task Refuses_selections_that_cannot_be(string body)
    {
        await using var host = await StartAsync();
        (await host.PostAsync(Copy, body)).IsInvalid();
    }

    [Fact]
    public async Task Refuses_flags_that_are_none_a_copy_into_itself_and_what_is_not_there()
    {
        await using var host = await StartAsync();
        await host.PublishAsync("left", "1.0.0");
        const string Body = """{"versions":["1.0.0"]}""";
        (await host.PostAsync(Copy, """{"versions":["1.0.0"],"allowOverwrite":"true"}""")).IsInvalid("CANNOT_PARSE");
        (await host.PostAsync(Copy.Replace("=spare", "=shop", StringComparison.Ordinal), Body)).IsInvalid();
        (await host.PostAsync(Copy.Replace("=spare", "=nowhere", StringComparison.Ordinal), Body)).Is(404, "ResourceNotFoundException").IsAbout("repository", "nowhere");
        (await host.PostAsync(Copy.Replace("=shop", "=nowhere", StringComparison.Ordinal), Body)).Is(404, "ResourceNotFoundException").IsAbout("repository", "nowhere");
        (await host.PostAsync(Copy.Replace("=tools", "=others", StringComparison.Ordinal), Body)).Is(404, "ResourceNotFoundException").IsAbout("domain", "others");
        (await host.PostAsync(Copy.Replace("=left", "=right", StringComparison.Ordinal), Body)).Is(404, "ResourceNotFoundException").IsAbout("package", "right");
        var many = $$"""{"versions":[{{string.Join(',', Enumerable.Range(0, 101).Select(i => $"\"1.0.{i}\""))}}]}""";
        (await host.PostAsync(Copy, many)).IsInvalid();
    }

    [Fact]
    public async Task Reading_the_source_and_writing_package_and_destination_are_three_rights()
    {
        await using var host = await StartAsync();
        await host.PublishAsync("left", "1.0.0");
        var user = await host.AddUserAsync(ControlPlaneHost.Owner, "ann", "AKIAEXAMPLE00000USER");
        const string Arn = "arn:aws:codeartifact:eu-central-1:111122223333";
        (string Action, string Resource)[] rights =
        [
            ("CopyPackageVersions", $"{Arn}:package/tools/spare/npm//left"),
            ("CopyPackageVersions", $"{Arn}:repository/tools/spare"),
            ("ReadFromRepository", $"{Arn}:repository/tools/shop"),
        ];
        foreach (var missing in rights)
        {
            await host.SetPolicyAsync(ControlPlaneHost.Owner, user, Policy(rights.Where(r => r != missing)));
            var refused = (await host.CallAsync("POST", Copy, """{"versions":["1.0.0"]}""", "AKIAEXAMPLE00000USER")).Is(403, "AccessDeniedException");
            Assert.EndsWith($"codeartifact:{missing.Action} on resource: {missing.Resource}", refused.Message, StringComparison.Ordinal);
        }

        await host.SetPolicyAsync(ControlPlaneHost.Owner, user, Policy(rights));
        (await host.CallAsync("POST", Copy, """{"versions":["1.0.0"]}""", "AKIAEXAMPLE00000USER")).Ok();
    }

    private static string Policy(IEnumerable<(string Action, string Resource)> rights) =>
        $$"""{"Version":"2012-10-17","Statement":[{{string.Join(',', rights.Select(r => $$"""{"Effect":"Allow","Action":"codeartifact:{{r.Action}}","Resource":"{{r.Resource}}"}"""))}}]}""";

    private static async Task<ControlPlaneHost> StartAsync()
    {
        var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop", "spare", "store");
        return host;
    }

    private static string In(string repository) => $"domain=tools&repository={repository}&{Left}";

    private static string[] Names(Reply reply, string member) => [.. ((JsonObject)reply.Body[member]!).Select(p => p.Key).Order(StringComparer.Ordinal)];

    private static async Task StatusAsync(ControlPlaneHost host, string repository, string version, string status) =>
        (await host.PostAsync($"/v1/package/versions/update_status?{In(repository)}", $$"""{"versions":["{{version}}"],"targetStatus":"{{status}}"}""")).Ok();

    private static async Task<string> OriginAsync(ControlPlaneHost host, string repository)
    {
        var reply = (await host.GetAsync($"/v1/package?{In(repository)}")).Ok();
        var restrictions = reply.At("package", "originConfiguration", "restrictions")!;
        return $"{restrictions["publish"]} {restrictions["upstream"]}";
    }

    private static async Task TagAsync(ControlPlaneHost host, string repository, string tag, string version)
    {
        var (domain, at) = await host.FindAsync("tools", repository);
        await host.Service<ChangeLog>().WriteAsync(
            domain.Id,
            "arn:test",
            async transaction =>
            {
                var package = await PackageWriter.FindAsync(transaction, at, new PackageCoordinate("npm", "", "left"));
                await PackageWriter.SetTagAsync(transaction, package!, tag, version);
                return true;
            },
            default);
    }

    private static async Task<string[]> TagsAsync(ControlPlaneHost host, string repository)
    {
        var (_, at) = await host.FindAsync("tools", repository);
        var package = await host.Service<PackageQueries>().FindAsync(at, new PackageCoordinate("npm", "", "left"), default);
        await using var db = host.Service<Granary.Core.Database.GranaryDatabase>().Open();
        return [.. db.PackageTags.Where(t => t.PackageId == package!.Id && t.DomainId == at.DomainId).AsEnumerable().Select(t => $"{t.Name} {t.Version}").Order(StringComparer.Ordinal)];
    }
}
