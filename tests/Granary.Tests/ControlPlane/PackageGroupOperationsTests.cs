namespace Granary.Tests.ControlPlane;

public sealed class PackageGroupOperationsTests
{
    private const string UserKey = "AKIAEXAMPLE00000USER";

    [Theory]
    [InlineData("/npm/@acme/*", "Write /npm/acme/*.")]
    [InlineData("/npm/@acme~", "Write /npm/acme~.")]
    [InlineData("/npm/@acme/left$", "Write /npm/acme/left$.")]
    [InlineData("/pypi//My_Lib$", "Write /pypi//my-lib$.")]
    [InlineData("/python//requests$", "Write it as /pypi//requests$.")]
    [InlineData("/pypi/space/*", "have no namespace")]
    [InlineData("/maven//core$", "have a namespace")]
    [InlineData("/deb/*", "must be one of [npm, pypi")]
    [InlineData("/npm/space/foo-~", "ends with a letter or a digit")]
    public async Task A_pattern_that_no_package_can_match_is_refused_with_the_one_that_was_meant(string pattern, string said)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools");

        Assert.Contains(said, (await CreateAsync(host, pattern)).IsInvalid().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Controls_of_a_scope_that_is_written_with_its_sign_are_those_of_the_scope()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        (await host.PostAsync("/v1/package?domain=tools&repository=shop&format=npm&namespace=%40acme&package=left", """{"restrictions":{"publish":"BLOCK","upstream":"BLOCK"}}""")).Ok();

        Assert.Equal(["acme"], (await host.PostAsync("/v1/packages?domain=tools&repository=shop")).Ok().Each("packages", "namespace"));
    }

    [Fact]
    public async Task What_changes_nothing_is_not_recorded()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        (await CreateAsync(host, "/npm/*")).Ok();
        const string Origin = "/v1/package-group-origin-configuration?domain=tools&package-group=%2Fnpm%2F%2A";
        const string Listed = """{"restrictions":{"PUBLISH":"ALLOW_SPECIFIC_REPOSITORIES"},"addAllowedRepositories":[{"repositoryName":"shop","originRestrictionType":"PUBLISH"}]}""";
        const string Described = """{"packageGroup":"/npm/*","description":"own"}""";
        (await host.PutAsync(Origin, Listed)).Ok();
        (await host.PutAsync("/v1/package-group?domain=tools", Described)).Ok();
        var changes = (await host.ChangesAsync()).Count;

        Assert.Equal("{}", (await host.PutAsync(Origin, Listed)).Ok().At("allowedRepositoryUpdates")!.ToJsonString());
        (await host.PutAsync("/v1/package-group?domain=tools", Described)).Ok();
        Assert.Equal(changes, (await host.ChangesAsync()).Count);

        (await host.PutAsync(Origin, """{"restrictions":{"PUBLISH":"BLOCK"}}""")).Ok();
        Assert.Equal(changes + 1, (await host.ChangesAsync()).Count);
    }

    [Fact]
    public async Task Tagging_a_new_group_is_decided_on_the_group_and_creating_it_without_the_tags_of_another()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools");
        var user = await host.AddUserAsync(ControlPlaneHost.Owner, "ann", UserKey);
        const string Tagged = """{"packageGroup":"/npm/*","tags":[{"key":"team","value":"web"}]}""";

        await host.SetPolicyAsync(ControlPlaneHost.Owner, user, Policy("arn:aws:codeartifact:*:*:domain/tools"));
        var refused = (await host.CallAsync("POST", "/v1/package-group?domain=tools", Tagged, UserKey)).Is(403, "AccessDeniedException");
        Assert.Contains("codeartifact:TagResource on resource: arn:aws:codeartifact:eu-central-1:111122223333:package-group/tools/npm/%2a", refused.Message, StringComparison.Ordinal);
        await host.SetPolicyAsync(ControlPlaneHost.Owner, user, Policy("arn:aws:codeartifact:*:*:package-group/tools/npm/%2a"));
        (await host.CallAsync("POST", "/v1/package-group?domain=tools", Tagged, UserKey)).Ok();

        // The group's own tag would allow it, were it asked.
        await host.SetPolicyAsync(ControlPlaneHost.Owner, user, """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"codeartifact:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"web"}}}]}""");
        (await host.CallAsync("GET", "/v1/package-group?domain=tools&package-group=%2Fnpm%2F%2A", "", UserKey)).Ok();
        (await host.CallAsync("POST", "/v1/package-group?domain=tools", """{"packageGroup":"/npm/*"}""", UserKey)).Is(403, "AccessDeniedException");
    }

    private static Task<Reply> CreateAsync(ControlPlaneHost host, string pattern) =>
        host.PostAsync("/v1/package-group?domain=tools", $$"""{"packageGroup":"{{pattern}}"}""");

    private static string Policy(string taggable) =>
        $$"""
        {"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"codeartifact:CreatePackageGroup","Resource":"*"},
            {"Effect":"Allow","Action":"codeartifact:TagResource","Resource":"{{taggable}}"}]}
        """;
}
