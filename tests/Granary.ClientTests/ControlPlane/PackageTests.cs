using System.Text.Json.Nodes;
using Granary.ClientTests.Harness;

namespace Granary.ClientTests.ControlPlane;

public sealed class PackageTests(SharedServer shared)
{
    [Fact]
    public async Task Packages_and_their_versions_are_listed_and_described()
    {
        var scope = await PublishedAsync("listed", "1.0.0", "1.1.0", "1.2.0");

        var packages = (await shared.Aws.RunAsync(
            ["list-packages", .. Repository, "--format", "npm", "--namespace", scope]))["packages"]!.AsArray();
        var described = (await shared.Aws.RunAsync(["describe-package", .. Package(scope)]))["package"]!;
        var versions = await shared.Aws.RunAsync(["list-package-versions", .. Package(scope), "--sort-by", "PUBLISHED_TIME"]);
        var version = (await shared.Aws.RunAsync(["describe-package-version", .. Version(scope, "1.1.0")]))["packageVersion"]!;

        Assert.Equal("lib", Assert.Single(packages)!["package"]!.GetValue<string>());
        Assert.Equal("lib", described["name"]!.GetValue<string>());
        Assert.Equal(scope, described["namespace"]!.GetValue<string>());
        Assert.Equal("1.2.0", versions["defaultDisplayVersion"]!.GetValue<string>());
        Assert.Equal(["1.2.0", "1.1.0", "1.0.0"], versions["versions"]!.AsArray().Select(v => v!["version"]!.GetValue<string>()));
        Assert.Equal("Published", version["status"]!.GetValue<string>());
        Assert.NotEqual("", version["revision"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_asset_is_listed_with_its_digests_and_downloaded_unchanged()
    {
        var scope = SharedServer.Fresh("asset");
        var document = new PublishDocument($"@{scope}/lib", "1.0.0");
        await shared.PublishAsync(document);
        using var home = new ClientHome();
        var file = Path.Combine(home.Path, "out.tgz");

        var assets = (await shared.Aws.RunAsync(["list-package-version-assets", .. Version(scope, "1.0.0")]))["assets"]!.AsArray();
        var got = await shared.Aws.TryAsync(["get-package-version-asset", .. Version(scope, "1.0.0"), "--asset", "package.tgz", file]);

        var asset = Assert.Single(assets)!;
        Assert.Equal("package.tgz", asset["name"]!.GetValue<string>());
        Assert.Equal(document.Tarball.Length, asset["size"]!.GetValue<long>());
        Assert.Equal(Tarball.Shasum(document.Tarball), asset["hashes"]!["SHA-1"]!.GetValue<string>());
        Assert.All(["MD5", "SHA-1", "SHA-256", "SHA-512"], hash => Assert.NotNull(asset["hashes"]![hash]));
        got.MustSucceed();
        Assert.Equal(document.Tarball, File.ReadAllBytes(file));
        await shared.Aws.RefusedAsync(
            "ResourceNotFoundException", ["get-package-version-asset", .. Version(scope, "1.0.0"), "--asset", "other.tgz", file]);
    }

    [Fact]
    public async Task Versions_come_in_pages_without_a_gap_or_a_double()
    {
        var scope = await PublishedAsync("pages", [.. Enumerable.Range(0, 7).Select(i => $"1.0.{i}")]);

        var seen = await PagesAsync("versions", "version", ["list-package-versions", .. Package(scope), "--max-results", "3"]);

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"1.0.{i}"), seen.Order(StringComparer.Ordinal));
        await shared.Aws.RefusedAsync(
            "ValidationException", ["list-package-versions", .. Package(scope), "--no-paginate", "--max-results", "3", "--next-token", "Zm9v"]);
    }

    // JS-10
    [Fact]
    public async Task A_page_token_goes_on_with_its_own_list_alone()
    {
        var (one, two) = (await PublishedAsync("tokenone", "1.0.0", "1.0.1"), await PublishedAsync("tokentwo", "1.0.0", "1.0.1"));
        string[] page = ["--no-paginate", "--max-results", "1"];
        var token = (await shared.Aws.RunAsync(["list-package-versions", .. Package(one), .. page]))["nextToken"]!.GetValue<string>();

        await shared.Aws.RunAsync(["list-package-versions", .. Package(one), .. page, "--next-token", token]);

        var changed = token[..^4] + (token.EndsWith("AAAA", StringComparison.Ordinal) ? "BBBB" : "AAAA");
        string[][] wrong =
        [
            ["list-package-versions", .. Package(one), .. page, "--next-token", changed],
            ["list-package-versions", .. Package(two), .. page, "--next-token", token],
            ["list-package-versions", .. Package(one), .. page, "--status", "Archived", "--next-token", token],
            ["list-packages", .. Repository, .. page, "--next-token", token],
            ["list-domains", .. page, "--next-token", token],
        ];
        foreach (var call in wrong)
        {
            await shared.Aws.RefusedAsync("ValidationException", call);
        }
    }

    // JS-8
    [Theory]
    [InlineData(101)]
    [InlineData(50_000)]
    [InlineData(1_000_000)]
    public async Task More_versions_than_one_call_may_name_are_refused(int count)
    {
        var scope = await PublishedAsync("many", "1.0.0");
        var body = $"{{\"versions\":[{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"9.0.{i}\""))}]}}";

        var answer = await new SignedRequest(shared.Server).SendAsync(
            HttpMethod.Post, "/v1/package/versions/delete", $"domain=my-domain&format=npm&namespace={scope}&package=lib&repository=my-repo", body);

        Assert.True((int)answer.Status is 400 or 413, answer.ToString());
        (await shared.GetAsync($"@{scope}/lib/-/lib-1.0.0.tgz")).Must(System.Net.HttpStatusCode.OK);
    }

    // JS-9. The CLI checks some of these itself, so they are sent without it.
    [Theory]
    [InlineData("max-results=0")]
    [InlineData("max-results=-1")]
    [InlineData("max-results=1001")]
    [InlineData("max-results=2147483647")]
    [InlineData("max-results=9223372036854775808")]
    [InlineData("max-results=1e9")]
    [InlineData("max-results=ten")]
    [InlineData("next-token=AAAA")]
    [InlineData("next-token=%2F..%2F")]
    public async Task A_page_size_or_token_out_of_bounds_is_refused(string query)
    {
        string[] parts = ["domain=my-domain", "repository=my-repo", query];
        Array.Sort(parts, StringComparer.Ordinal);

        var answer = await new SignedRequest(shared.Server).SendAsync(HttpMethod.Post, "/v1/packages", string.Join('&', parts));

        Assert.Equal("ValidationException", answer.Must(System.Net.HttpStatusCode.BadRequest).Headers.GetValues("x-amzn-ErrorType").Single());
    }

    [Fact]
    public async Task A_prefix_with_wildcards_is_taken_literally()
    {
        await PublishedAsync("wild", "1.0.0");

        foreach (var prefix in new[] { "%", "_ib", "l*", "\\" })
        {
            var result = await shared.Aws.TryAsync(["list-packages", .. Repository, "--package-prefix", prefix, "--output", "json"]);
            Assert.True(result.ExitCode != 0 || JsonNode.Parse(result.Output)!["packages"]!.AsArray().Count == 0, result.Everything);
        }
    }

    [Fact]
    public async Task One_version_that_fails_holds_back_the_others_of_a_status_change()
    {
        var scope = await PublishedAsync("skipped", "1.0.0", "1.1.0");

        var answer = await shared.Aws.RunAsync(
            ["update-package-versions-status", .. Package(scope), "--versions", "1.0.0", "9.9.9", "--target-status", "Archived"]);

        Assert.Equal("SKIPPED", answer["failedVersions"]!["1.0.0"]!["errorCode"]!.GetValue<string>());
        Assert.Equal("NOT_FOUND", answer["failedVersions"]!["9.9.9"]!["errorCode"]!.GetValue<string>());
        Assert.Empty(answer["successfulVersions"]?.AsObject() ?? []);
    }

    [Fact]
    public async Task Expectations_about_status_and_revision_are_checked()
    {
        var scope = await PublishedAsync("expected", "1.0.0");

        var status = await shared.Aws.RunAsync(
            ["update-package-versions-status", .. Package(scope), "--versions", "1.0.0", "--expected-status", "Unlisted", "--target-status", "Archived"]);
        var revision = await shared.Aws.RunAsync(
            ["dispose-package-versions", .. Package(scope), "--versions", "1.0.0", "--version-revisions", "1.0.0=someone-elses"]);

        Assert.Equal("MISMATCHED_STATUS", status["failedVersions"]!["1.0.0"]!["errorCode"]!.GetValue<string>());
        Assert.Equal("MISMATCHED_REVISION", revision["failedVersions"]!["1.0.0"]!["errorCode"]!.GetValue<string>());
    }

    [Fact]
    public async Task What_exists_only_upstream_is_not_found_by_the_control_plane()
    {
        var package = shared.Source.Add(SharedServer.Fresh("upstreamonly"));
        await shared.PackumentAsync(package.Name);

        await shared.Aws.RefusedAsync(
            "ResourceNotFoundException", ["describe-package-version", .. Repository, "--format", "npm", "--package", package.Name, "--package-version", "1.0.0"]);
    }

    private static string[] Repository => ["--domain", GranaryServer.Domain, "--repository", GranaryServer.Repository];

    private static string[] Package(string scope) => [.. Repository, "--format", "npm", "--namespace", scope, "--package", "lib"];

    private static string[] Version(string scope, string version) => [.. Package(scope), "--package-version", version];

    private async Task<string> PublishedAsync(string stem, params string[] versions)
    {
        var scope = SharedServer.Fresh(stem);
        foreach (var version in versions)
        {
            await shared.PublishAsync(new PublishDocument($"@{scope}/lib", version));
        }

        return scope;
    }

    private async Task<List<string>> PagesAsync(string list, string member, string[] call)
    {
        var seen = new List<string>();
        string[] more = [];
        do
        {
            var page = await shared.Aws.RunAsync([.. call, "--no-paginate", .. more]);
            seen.AddRange(page[list]!.AsArray().Select(item => item![member]!.GetValue<string>()));
            more = page["nextToken"] is { } token ? ["--next-token", token.GetValue<string>()] : [];
        }
        while (more.Length > 0 && seen.Count < 1000);

        return seen;
    }
}
