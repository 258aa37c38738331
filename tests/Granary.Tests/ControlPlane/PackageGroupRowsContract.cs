using Granary.Core.Database;

namespace Granary.Tests.ControlPlane;

/// <summary>What package groups leave in the database, and what races for it: the same on both engines.</summary>
public abstract class PackageGroupRowsContract(Engine engine) : IAsyncLifetime
{
    private const string Group = "/v1/package-group?domain=tools";
    private const string Npm = "package-group=%2Fnpm%2F%2A";
    private const string Origin = $"/v1/package-group-origin-configuration?domain=tools&{Npm}";
    private const string Allowed = $"/v1/package-group-allowed-repositories?domain=tools&{Npm}&originRestrictionType=";

    private ControlPlaneHost Host { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Host = await ControlPlaneHost.StartAsync(engine: engine);
        await Host.CreateDomainAsync("tools", "shop", "team");
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return Host.DisposeAsync();
    }

    [Fact]
    public async Task Of_creations_of_one_pattern_at_once_one_succeeds_and_the_others_conflict()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Host.PostAsync(Group, $$"""{"packageGroup":"/npm/*","description":"{{n}}","tags":[{"key":"n","value":"{{n}}"}]}""")));

        var one = Assert.Single(replies, r => r.Status == 200);
        Assert.All(replies.Where(r => r != one), r => r.Is(409, "ConflictException"));
        // What is there is of the one that was told so, its tags too.
        var described = (await Host.GetAsync($"{Group}&{Npm}")).Ok();
        Assert.Equal(one.At("packageGroup")!.ToJsonString(), described.At("packageGroup")!.ToJsonString());
        Assert.Equal([one.Text("packageGroup", "description")], (await TagsAsync()).Each("tags", "value"));
    }

    [Fact]
    public async Task Of_deletions_at_once_one_succeeds_and_creating_it_again_inherits_nothing_of_it()
    {
        await CreateAsync("/npm/*", ""","description":"old","contactInfo":"ann","tags":[{"key":"old","value":"1"}]""");
        (await Host.PutAsync(Origin, """{"restrictions":{"PUBLISH":"ALLOW_SPECIFIC_REPOSITORIES"},"addAllowedRepositories":[{"repositoryName":"shop","originRestrictionType":"PUBLISH"}]}""")).Ok();

        var replies = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Host.DeleteAsync($"{Group}&{Npm}")));
        Assert.Single(replies, r => r.Status == 200);
        Assert.All(replies.Where(r => r.Status != 200), r => r.Is(404, "ResourceNotFoundException"));

        await CreateAsync("/npm/*");
        var again = (await Host.GetAsync($"{Group}&{Npm}")).Ok();
        Assert.Null(again.At("packageGroup", "description"));
        Assert.Null(again.At("packageGroup", "contactInfo"));
        Assert.Equal(("INHERIT", 0), (Mode(again, "PUBLISH"), Count(again, "PUBLISH")));
        Assert.Empty((await TagsAsync()).Each("tags", "key"));
        Assert.Empty(await AllowedAsync("PUBLISH"));
    }

    [Fact]
    public async Task Creating_deleting_and_changing_at_once_never_fails_otherwise_than_in_words()
    {
        await CreateAsync("/npm/*");
        var calls = Enumerable.Range(0, 24).Select(n => (n % 4) switch
        {
            0 => Host.DeleteAsync($"{Group}&{Npm}"),
            1 => Host.PostAsync(Group, """{"packageGroup":"/npm/*"}"""),
            2 => Host.PutAsync(Group, $$"""{"packageGroup":"/npm/*","description":"{{n}}"}"""),
            _ => Host.PutAsync(Origin, """{"restrictions":{"PUBLISH":"ALLOW_SPECIFIC_REPOSITORIES"},"addAllowedRepositories":[{"repositoryName":"shop","originRestrictionType":"PUBLISH"}]}"""),
        });

        Assert.All(await Task.WhenAll(calls), r => Assert.Contains(r.Status, new[] { 200, 404, 409 }));
        // Whatever came last, the list and the mode agree.
        var now = await Host.GetAsync($"{Group}&{Npm}");
        Assert.Equal(now.Status == 200 && Mode(now, "PUBLISH") == "ALLOW_SPECIFIC_REPOSITORIES" ? ["shop"] : [], now.Status == 200 ? await AllowedAsync("PUBLISH") : []);
    }

    [Fact]
    public async Task Lists_belong_to_their_restriction_and_last_as_long_as_its_mode()
    {
        await CreateAsync("/npm/*");
        var added = (await Host.PutAsync(Origin, """
            {"restrictions":{"PUBLISH":"ALLOW_SPECIFIC_REPOSITORIES","EXTERNAL_UPSTREAM":"ALLOW_SPECIFIC_REPOSITORIES"},
             "addAllowedRepositories":[{"repositoryName":"shop","originRestrictionType":"PUBLISH"},{"repositoryName":"team","originRestrictionType":"PUBLISH"},
                {"repositoryName":"shop","originRestrictionType":"PUBLISH"},{"repositoryName":"team","originRestrictionType":"EXTERNAL_UPSTREAM"}]}
            """)).Ok();
        Assert.Equal("""{"PUBLISH":{"ADDED":["shop","team"]},"EXTERNAL_UPSTREAM":{"ADDED":["team"]}}""", added.At("allowedRepositoryUpdates")!.ToJsonString());
        Assert.Equal(2, Count(added, "PUBLISH"));
        Assert.Equal(["shop", "team"], await AllowedAsync("PUBLISH"));
        Assert.Equal(["team"], await AllowedAsync("EXTERNAL_UPSTREAM"));

        var removed = (await Host.PutAsync(Origin, """{"removeAllowedRepositories":[{"repositoryName":"shop","originRestrictionType":"PUBLISH"},{"repositoryName":"shop","originRestrictionType":"EXTERNAL_UPSTREAM"}]}""")).Ok();
        Assert.Equal("""{"PUBLISH":{"REMOVED":["shop"]}}""", removed.At("allowedRepositoryUpdates")!.ToJsonString());

        (await Host.PutAsync(Origin, """{"restrictions":{"PUBLISH":"ALLOW"}}""")).Ok();
        (await Host.PutAsync(Origin, """{"restrictions":{"PUBLISH":"ALLOW_SPECIFIC_REPOSITORIES"}}""")).Ok();
        Assert.Empty(await AllowedAsync("PUBLISH"));
        Assert.Equal(["team"], await AllowedAsync("EXTERNAL_UPSTREAM"));
    }

    [Fact]
    public async Task A_repository_of_the_same_name_as_one_that_was_listed_and_deleted_is_not_listed()
    {
        await CreateAsync("/npm/*");
        (await Host.PutAsync(Origin, """{"restrictions":{"PUBLISH":"ALLOW_SPECIFIC_REPOSITORIES"},"addAllowedRepositories":[{"repositoryName":"team","originRestrictionType":"PUBLISH"}]}""")).Ok();
        (await Host.DeleteAsync("/v1/repository?domain=tools&repository=team")).Ok();
        (await Host.PostAsync("/v1/repository?domain=tools&repository=team")).Ok();

        Assert.Empty(await AllowedAsync("PUBLISH"));
        Assert.Equal(0, Count((await Host.GetAsync($"{Group}&{Npm}")).Ok(), "PUBLISH"));
    }

    [Fact]
    public async Task The_hierarchy_follows_creations_and_deletions()
    {
        await CreateAsync("/npm/*");
        await CreateAsync("/npm/acme/left$");
        (await Host.PutAsync(Origin, """{"restrictions":{"PUBLISH":"BLOCK"}}""")).Ok();
        Assert.Equal(("/npm/*", "BLOCK", "/npm/*"), await LeftAsync());

        await CreateAsync("/npm/acme/*");
        Assert.Equal(("/npm/acme/*", "BLOCK", "/npm/*"), await LeftAsync());
        Assert.Equal(["/npm/acme/*"], (await Host.PostAsync($"/v1/package-groups/sub-groups?domain=tools&{Npm}")).Ok().Each("packageGroups", "pattern"));

        (await Host.PutAsync("/v1/package-group-origin-configuration?domain=tools&package-group=%2Fnpm%2Facme%2F%2A", """{"restrictions":{"PUBLISH":"ALLOW"}}""")).Ok();
        Assert.Equal(("/npm/acme/*", "ALLOW", "/npm/acme/*"), await LeftAsync());

        (await Host.DeleteAsync($"{Group}&package-group=%2Fnpm%2Facme%2F%2A")).Ok();
        (await Host.DeleteAsync($"{Group}&{Npm}")).Ok();
        Assert.Equal(("/*", "ALLOW", "/*"), await LeftAsync());
        Assert.Equal(["/*", "/npm/acme/left$"], (await Host.PostAsync("/v1/package-groups?domain=tools")).Ok().Each("packageGroups", "pattern"));

        async Task<(string Parent, string Mode, string From)> LeftAsync()
        {
            var left = (await Host.GetAsync($"{Group}&package-group=%2Fnpm%2Facme%2Fleft%24")).Ok();
            return (
                left.Text("packageGroup", "parent", "pattern"),
                left.Text("packageGroup", "originConfiguration", "restrictions", "PUBLISH", "effectiveMode"),
                left.Text("packageGroup", "originConfiguration", "restrictions", "PUBLISH", "inheritedFrom", "pattern"));
        }
    }

    [Fact]
    public async Task Patterns_differ_by_case_and_by_every_character()
    {
        string[] patterns = ["/npm//A$", "/npm//a$", "/npm//a_b$", "/npm//a%b$", "/npm//a-b$", "/npm//aé$", "/npm//ae\u0301$", "/npm//'\"$"];
        foreach (var pattern in patterns)
        {
            await CreateAsync(pattern.Replace("\"", "\\\"", StringComparison.Ordinal));
        }

        foreach (var pattern in patterns)
        {
            var described = (await Host.GetAsync($"{Group}&package-group={Uri.EscapeDataString(pattern)}")).Ok();
            Assert.Equal(pattern, described.Text("packageGroup", "pattern"));
        }

        (await Host.DeleteAsync($"{Group}&package-group=%2Fnpm%2F%2Fa_b%24")).Ok();
        Assert.Equal(
            patterns.Except(["/npm//a_b$"]).Append("/*").Order(StringComparer.Ordinal),
            (await Host.PostAsync("/v1/package-groups?domain=tools")).Ok().Each("packageGroups", "pattern"));
    }

    [Fact]
    public async Task A_package_of_several_repositories_is_associated_once_and_one_without_versions_too()
    {
        await CreateAsync("/npm//left$");
        await Host.PublishAsync("left", "1.0.0");
        await Host.PublishAsync("left", "1.0.0", "team");
        await Host.PublishAsync("LEFT", "1.0.0", "team");
        (await Host.PostAsync("/v1/package?domain=tools&repository=team&format=npm&package=l%C3%A9ft", """{"restrictions":{"publish":"BLOCK","upstream":"BLOCK"}}""")).Ok();

        var found = (await Host.GetAsync("/v1/list-associated-packages?domain=tools&package-group=%2Fnpm%2F%2Fleft%24")).Ok();

        Assert.Equal(["LEFT", "left", "léft"], found.Each("packages", "package"));
        Assert.Equal(["WEAK", "STRONG", "WEAK"], found.Each("packages", "associationType"));
    }

    [Fact]
    public async Task A_domain_takes_its_groups_along()
    {
        (await Host.PostAsync("/v1/domain?domain=brief")).Ok();
        (await Host.PostAsync("/v1/package-group?domain=brief", """{"packageGroup":"/npm/*","tags":[{"key":"k","value":"v"}]}""")).Ok();
        (await Host.DeleteAsync("/v1/domain?domain=brief")).Ok();
        (await Host.PostAsync("/v1/domain?domain=brief")).Ok();

        Assert.Equal(["/*"], (await Host.PostAsync("/v1/package-groups?domain=brief")).Ok().Each("packageGroups", "pattern"));
    }

    private async Task CreateAsync(string pattern, string more = "") => (await Host.PostAsync(Group, $$"""{"packageGroup":"{{pattern}}"{{more}}}""")).Ok();

    private async Task<string[]> AllowedAsync(string restriction) =>
        [.. (await Host.GetAsync(Allowed + restriction)).Ok().Body["allowedRepositories"]!.AsArray().Select(name => (string)name!)];

    private async Task<Reply> TagsAsync() =>
        (await Host.PostAsync($"/v1/tags?resourceArn={Uri.EscapeDataString("arn:aws:codeartifact:eu-central-1:111122223333:package-group/tools/npm/%2a")}")).Ok();

    private static string Mode(Reply reply, string restriction) => reply.Text("packageGroup", "originConfiguration", "restrictions", restriction, "mode");

    private static int Count(Reply reply, string restriction) =>
        (int)reply.At("packageGroup", "originConfiguration", "restrictions", restriction, "repositoriesCount")!;
}

public sealed class PackageGroupRowsOnSqliteTests() : PackageGroupRowsContract(Engine.Sqlite);

public sealed class PackageGroupRowsOnPostgreSqlTests() : PackageGroupRowsContract(Engine.PostgreSql);
