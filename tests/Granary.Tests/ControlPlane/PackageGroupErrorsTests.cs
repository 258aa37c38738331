using System.Text.Json.Nodes;

namespace Granary.Tests.ControlPlane;

/// <summary>What each of the ten operations on package groups says no to. AccessDenied and the size of pages have tests for all operations together.</summary>
public sealed class PackageGroupErrorsTests : IAsyncLifetime
{
    private const string Domain = "domain=tools";
    private const string Npm = "package-group=%2Fnpm%2F%2A";
    private const string Absent = "package-group=%2Fpypi%2F%2A";
    private const string Root = "package-group=%2F%2A";

    // What no pattern is, what no package can match, and what is too long.
    private static readonly string[] NoPatterns =
        ["", "/", "npm", "/npm", "/npm/acme", "/npm/acme/left", "/npm//x*", "/npm//x-~", "/deb/*", "/pypi//A_b$", "/nuget/space/x$", "/maven//core$", "/npm//a b$", "/npm//a\nb$", new('/', 521)];

    private ControlPlaneHost Host { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Host = await ControlPlaneHost.StartAsync();
        await Host.CreateDomainAsync("tools", "shop");
        (await Host.PostAsync($"/v1/package-group?{Domain}", """{"packageGroup":"/npm/*"}""")).Ok();
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    [Fact]
    public async Task CreatePackageGroup()
    {
        const string Target = $"/v1/package-group?{Domain}";
        (await Host.PostAsync(Target)).IsInvalid();
        foreach (var pattern in NoPatterns)
        {
            (await Host.PostAsync(Target, Json(("packageGroup", pattern)))).Is(400, "ValidationException");
        }

        await DescriptionsAsync(body => Host.PostAsync(Target, body), "/ruby/*");
        (await Host.PostAsync(Target, """{"packageGroup":"/ruby/*","tags":[{"key":"aws:x","value":"1"}]}""")).Is(400, "ValidationException");
        (await Host.PostAsync(Target, """{"packageGroup":"/ruby/*","tags":[{"key":"x","value":"1"},{"key":"x","value":"2"}]}""")).Is(400, "ValidationException");
        (await Host.PostAsync(Target, """{"packageGroup":["/ruby/*"]}""")).IsInvalid("CANNOT_PARSE");
        (await Host.PostAsync(Target, "[]")).IsInvalid("CANNOT_PARSE");

        var tags = new JsonArray([.. Enumerable.Range(0, 51).Select(n => new JsonObject { ["key"] = $"k{n}", ["value"] = "v" })]);
        (await Host.PostAsync(Target, new JsonObject { ["packageGroup"] = "/ruby/*", ["tags"] = tags }.ToJsonString())).Is(402, "ServiceQuotaExceededException");
        Assert.Contains("/npm/*", (await Host.PostAsync(Target, """{"packageGroup":"/npm/*"}""")).Is(409, "ConflictException").Message, StringComparison.Ordinal);
        (await Host.PostAsync(Target, """{"packageGroup":"/*"}""")).Is(409, "ConflictException");
        (await Host.PostAsync("/v1/package-group?domain=none", """{"packageGroup":"/ruby/*"}""")).Is(404, "ResourceNotFoundException").IsAbout("domain", "none");

        // Nothing of all that was kept.
        Assert.Equal(["/*", "/npm/*"], (await Host.PostAsync($"/v1/package-groups?{Domain}")).Ok().Each("packageGroups", "pattern"));
    }

    [Theory]
    [InlineData("GET", "/v1/package-group", "")]
    [InlineData("DELETE", "/v1/package-group", "")]
    [InlineData("POST", "/v1/package-groups/sub-groups", "")]
    [InlineData("GET", "/v1/list-associated-packages", "")]
    [InlineData("PUT", "/v1/package-group-origin-configuration", "{}")]
    [InlineData("GET", "/v1/package-group-allowed-repositories", "", "&originRestrictionType=PUBLISH")]
    public async Task Operations_on_one_group(string method, string path, string body, string more = "")
    {
        (await Host.CallAsync(method, $"{path}?{Npm}{more}", body)).IsInvalid();
        (await Host.CallAsync(method, $"{path}?{Domain}{more}", body)).IsInvalid();
        foreach (var pattern in NoPatterns)
        {
            (await Host.CallAsync(method, $"{path}?{Domain}&package-group={Uri.EscapeDataString(pattern)}{more}", body)).Is(400, "ValidationException");
        }

        (await Host.CallAsync(method, $"{path}?domain=none&{Npm}{more}", body)).Is(404, "ResourceNotFoundException").IsAbout("domain", "none");
        var missing = (await Host.CallAsync(method, $"{path}?{Domain}&{Absent}{more}", body)).Is(404, "ResourceNotFoundException");
        Assert.Contains("Package group '/pypi/*' in domain 'tools'", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UpdatePackageGroup()
    {
        const string Target = $"/v1/package-group?{Domain}";
        (await Host.PutAsync(Target)).IsInvalid();
        foreach (var pattern in NoPatterns)
        {
            (await Host.PutAsync(Target, Json(("packageGroup", pattern)))).Is(400, "ValidationException");
        }

        await DescriptionsAsync(body => Host.PutAsync(Target, body), "/npm/*");
        (await Host.PutAsync("/v1/package-group?domain=none", """{"packageGroup":"/npm/*"}""")).Is(404, "ResourceNotFoundException").IsAbout("domain", "none");
        (await Host.PutAsync(Target, """{"packageGroup":"/pypi/*"}""")).Is(404, "ResourceNotFoundException");
    }

    [Fact]
    public async Task DeletePackageGroup()
    {
        var refused = (await Host.DeleteAsync($"/v1/package-group?{Domain}&{Root}")).IsInvalid("OTHER");
        Assert.Contains("cannot be deleted", refused.Message, StringComparison.Ordinal);
        (await Host.DeleteAsync($"/v1/package-group?{Domain}&{Npm}")).Ok();
        (await Host.DeleteAsync($"/v1/package-group?{Domain}&{Npm}")).Is(404, "ResourceNotFoundException");
    }

    [Fact]
    public async Task ListPackageGroups()
    {
        (await Host.PostAsync("/v1/package-groups")).IsInvalid();
        (await Host.PostAsync($"/v1/package-groups?{Domain}&prefix={new string('a', 521)}")).IsInvalid();
        (await Host.PostAsync($"/v1/package-groups?{Domain}&prefix=%07")).IsInvalid();
        (await Host.PostAsync("/v1/package-groups?domain=none")).Is(404, "ResourceNotFoundException").IsAbout("domain", "none");
        // A prefix is of the text alone, whatever it would mean as a pattern.
        Assert.Empty((await Host.PostAsync($"/v1/package-groups?{Domain}&prefix=%25")).Ok().Each("packageGroups", "pattern"));
        Assert.Equal(["/npm/*"], (await Host.PostAsync($"/v1/package-groups?{Domain}&prefix=%2Fn")).Ok().Each("packageGroups", "pattern"));
    }

    [Fact]
    public async Task GetAssociatedPackageGroup()
    {
        const string Target = $"/v1/get-associated-package-group?{Domain}";
        (await Host.GetAsync($"{Target}&format=npm")).IsInvalid();
        (await Host.GetAsync($"{Target}&package=left")).IsInvalid();
        (await Host.GetAsync($"{Target}&format=deb&package=left")).IsInvalid();
        (await Host.GetAsync($"{Target}&format=npm&package=a%2Fb")).IsInvalid();
        (await Host.GetAsync($"{Target}&format=npm&package={new string('a', 256)}")).IsInvalid();
        (await Host.GetAsync($"{Target}&format=pypi&package=left&namespace=space")).Is(400, "ValidationException");
        (await Host.GetAsync($"{Target}&format=maven&package=left")).Is(400, "ValidationException");
        (await Host.GetAsync("/v1/get-associated-package-group?domain=none&format=npm&package=left")).Is(404, "ResourceNotFoundException").IsAbout("domain", "none");
    }

    [Fact]
    public async Task ListAssociatedPackages()
    {
        const string Target = "/v1/list-associated-packages";
        (await Host.GetAsync($"{Target}?{Domain}&{Npm}&preview=maybe")).IsInvalid();
        (await Host.GetAsync($"{Target}?{Domain}&{Absent}&preview=false")).Is(404, "ResourceNotFoundException");
        Assert.Empty((await Host.GetAsync($"{Target}?{Domain}&{Absent}&preview=true")).Ok().Each("packages", "package"));
        (await Host.GetAsync($"{Target}?domain=none&{Absent}&preview=true")).Is(404, "ResourceNotFoundException").IsAbout("domain", "none");
    }

    [Fact]
    public async Task UpdatePackageGroupOriginConfiguration()
    {
        const string Target = $"/v1/package-group-origin-configuration?{Domain}&{Npm}";
        await InvalidAsync("FIELD_VALIDATION_FAILED", """{"restrictions":{"PUBLISHING":"BLOCK"}}""", """{"restrictions":{"PUBLISH":"DENY"}}""");
        await InvalidAsync("CANNOT_PARSE", """{"restrictions":["PUBLISH"]}""", """{"restrictions":{"PUBLISH":1}}""", """{"addAllowedRepositories":{}}""", """{"addAllowedRepositories":["shop"]}""");
        await InvalidAsync(
            "FIELD_VALIDATION_FAILED",
            """{"addAllowedRepositories":[{"repositoryName":"shop"}]}""",
            """{"addAllowedRepositories":[{"originRestrictionType":"PUBLISH"}]}""",
            """{"addAllowedRepositories":[{"repositoryName":"a/b","originRestrictionType":"PUBLISH"}]}""",
            """{"removeAllowedRepositories":[{"repositoryName":"shop","originRestrictionType":"ALL"}]}""",
            new JsonObject { ["addAllowedRepositories"] = Listed(51), ["removeAllowedRepositories"] = Listed(50) }.ToJsonString());

        // A list belongs to one mode, and one call says one thing of a repository.
        foreach (var (body, said) in new[]
        {
            ("""{"addAllowedRepositories":[{"repositoryName":"shop","originRestrictionType":"PUBLISH"}]}""", "PUBLISH of package group '/npm/*' is INHERIT"),
            ("""{"restrictions":{"PUBLISH":"BLOCK"},"addAllowedRepositories":[{"repositoryName":"shop","originRestrictionType":"PUBLISH"}]}""", "is BLOCK, which has no list"),
            ("""{"restrictions":{"PUBLISH":"ALLOW_SPECIFIC_REPOSITORIES"},"addAllowedRepositories":[{"repositoryName":"shop","originRestrictionType":"PUBLISH"}],"removeAllowedRepositories":[{"repositoryName":"shop","originRestrictionType":"PUBLISH"}]}""", "added to the list of PUBLISH and removed"),
        })
        {
            Assert.Contains(said, (await Host.PutAsync(Target, body)).Is(400, "ValidationException").Message, StringComparison.Ordinal);
        }

        Assert.Contains("nothing to inherit PUBLISH from", (await Host.PutAsync($"/v1/package-group-origin-configuration?{Domain}&{Root}", """{"restrictions":{"PUBLISH":"INHERIT"}}""")).Is(400, "ValidationException").Message, StringComparison.Ordinal);
        foreach (var verb in (string[])["add", "remove"])
        {
            (await Host.PutAsync(Target, $$"""{"restrictions":{"PUBLISH":"ALLOW_SPECIFIC_REPOSITORIES"},"{{verb}}AllowedRepositories":[{"repositoryName":"none","originRestrictionType":"PUBLISH"}]}"""))
                .Is(404, "ResourceNotFoundException").IsAbout("repository", "none");
        }

        // What was refused has changed nothing, not even the modes that came with it.
        Assert.Equal("INHERIT", (await Host.GetAsync($"/v1/package-group?{Domain}&{Npm}")).Ok().Text("packageGroup", "originConfiguration", "restrictions", "PUBLISH", "mode"));

        async Task InvalidAsync(string reason, params string[] bodies)
        {
            foreach (var body in bodies)
            {
                (await Host.PutAsync(Target, body)).IsInvalid(reason);
            }
        }

        static JsonArray Listed(int count) => [.. Enumerable.Range(0, count).Select(n => new JsonObject { ["repositoryName"] = $"r{n}", ["originRestrictionType"] = "PUBLISH" })];
    }

    [Fact]
    public async Task ListAllowedRepositoriesForGroup()
    {
        (await Host.GetAsync($"/v1/package-group-allowed-repositories?{Domain}&{Npm}")).IsInvalid();
        (await Host.GetAsync($"/v1/package-group-allowed-repositories?{Domain}&{Npm}&originRestrictionType=ALL")).IsInvalid();
        // A group without a list has an empty one.
        Assert.Empty((await Host.GetAsync($"/v1/package-group-allowed-repositories?{Domain}&{Npm}&originRestrictionType=PUBLISH")).Ok().Body["allowedRepositories"]!.AsArray());
    }

    private static async Task DescriptionsAsync(Func<string, Task<Reply>> send, string pattern)
    {
        foreach (var member in (string[])["contactInfo", "description"])
        {
            foreach (var text in (string[])[new('a', 1001), "two\nlines", "a\u0007", "a\u202Eb"])
            {
                (await send(Json(("packageGroup", pattern), (member, text)))).IsInvalid();
            }
        }
    }

    private static string Json(params (string Name, string Value)[] members) =>
        new JsonObject(members.Select(m => KeyValuePair.Create(m.Name, (JsonNode?)m.Value))).ToJsonString();
}
