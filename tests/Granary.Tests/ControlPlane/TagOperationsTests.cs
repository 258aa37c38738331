using System.Text.Json.Nodes;

namespace Granary.Tests.ControlPlane;

public sealed class TagOperationsTests
{
    private const string Prefix = "arn:aws:codeartifact:eu-central-1:111122223333:";

    [Fact]
    public async Task Adds_overwrites_lists_and_removes_tags_of_each_resource_apart()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop", "other");
        Assert.Equal("{}", (await host.PostAsync(Target("tag", "domain/tools"), Tags(("b", "1"), ("a", "")))).Ok().Body.ToJsonString());
        (await host.PostAsync(Target("tag", "repository/tools/shop"), Tags(("a", "shop")))).Ok();
        (await host.PostAsync(Target("tag", "domain/tools"), Tags(("b", "2"), ("ключ", "😀")))).Ok();

        var tags = (await host.PostAsync(Target("tags", "domain/tools"))).Ok();
        Assert.Equal(["a=", "b=2", "ключ=😀"], Pairs(tags));
        Assert.Equal(["a=shop"], Pairs((await host.PostAsync(Target("tags", "repository/tools/shop"))).Ok()));
        Assert.Empty(Pairs((await host.PostAsync(Target("tags", "repository/tools/other"))).Ok()));

        Assert.Equal("{}", (await host.PostAsync(Target("untag", "domain/tools"), """{"tagKeys":["a","unknown"]}""")).Ok().Body.ToJsonString());
        Assert.Equal(["b=2", "ключ=😀"], Pairs((await host.PostAsync(Target("tags", "domain/tools"))).Ok()));
    }

    [Fact]
    public async Task Holds_fifty_tags_a_resource()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        var fifty = Enumerable.Range(0, 50).Select(i => ($"k{i:00}", "v")).ToArray();
        (await host.PostAsync(Target("tag", "domain/tools"), Tags([.. fifty, ("one-more", "v")]))).Is(402, "ServiceQuotaExceededException").IsAbout("domain", "tools");
        (await host.PostAsync(Target("tag", "domain/tools"), Tags(fifty))).Ok();
        (await host.PostAsync(Target("tag", "domain/tools"), Tags(("k00", "new")))).Ok();
        (await host.PostAsync(Target("tag", "domain/tools"), Tags(("one-more", "v")))).Is(402, "ServiceQuotaExceededException");
        Assert.Equal(50, Pairs((await host.PostAsync(Target("tags", "domain/tools"))).Ok()).Length);
        (await host.PostAsync("/v1/domain?domain=more", Tags([.. fifty, ("one-more", "v")]))).Is(402, "ServiceQuotaExceededException");
        (await host.GetAsync("/v1/domain?domain=more")).Is(404, "ResourceNotFoundException");
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"tags":null}""")]
    [InlineData("""{"tags":[{"key":"aws:x","value":"v"}]}""")]
    [InlineData("""{"tags":[{"key":"AWS:x","value":"v"}]}""")]
    [InlineData("""{"tags":[{"key":"k","value":"v"},{"key":"k","value":"w"}]}""")]
    [InlineData("""{"tags":[{"key":"k"}]}""")]
    [InlineData("""{"tags":[{"value":"v"}]}""")]
    [InlineData("""{"tags":[{"key":"","value":"v"}]}""")]
    [InlineData("""{"tags":[{"key":"a\u0000","value":"v"}]}""")]
    [InlineData("""{"tags":[{"key":"a\u200b","value":"v"}]}""")]
    public async Task Refuses_tags_that_break_a_rule(string body)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        (await host.PostAsync(Target("tag", "domain/tools"), body)).IsInvalid();
    }

    [Theory]
    [InlineData("""{"tags":{}}""")]
    [InlineData("""{"tags":["k"]}""")]
    [InlineData("""{"tags":[{"key":1,"value":"v"}]}""")]
    [InlineData("""{"tags":[{"key":"\ud800","value":"v"}]}""")]
    [InlineData("""{"tags":[],"tags":[]}""")]
    [InlineData("""{"tags":[{"key":"k","key":"l","value":"v"}]}""")]
    [InlineData("""[]""")]
    [InlineData("""{"tags":[]""")]
    [InlineData("""{"tags":[]} x""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("nonsense")]
    public async Task Refuses_bodies_that_cannot_be_read(string body)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        (await host.PostAsync(Target("tag", "domain/tools"), body)).IsInvalid("CANNOT_PARSE");
    }

    [Theory]
    [InlineData("arn:aws:codeartifact:us-east-1:111122223333:domain/tools")]
    [InlineData("arn:aws-cn:codeartifact:eu-central-1:111122223333:domain/tools")]
    [InlineData("arn:aws:s3:eu-central-1:111122223333:domain/tools")]
    [InlineData("arn:aws:codeartifact:eu-central-1:1:domain/tools")]
    [InlineData("arn:aws:codeartifact:eu-central-1:111122223333:domain:tools")]
    [InlineData("arn:aws:codeartifact:eu-central-1:111122223333:domain/Tools")]
    [InlineData("arn:aws:codeartifact:eu-central-1:111122223333:domain/tools/shop")]
    [InlineData("arn:aws:codeartifact:eu-central-1:111122223333:package/tools/shop/npm//left")]
    [InlineData("tools")]
    [InlineData("")]
    public async Task Refuses_arns_that_name_nothing_taggable(string arn)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        (await host.PostAsync($"/v1/tags?resourceArn={Uri.EscapeDataString(arn)}")).IsInvalid();
    }

    [Fact]
    public async Task Finds_no_tags_of_what_does_not_exist_and_shows_none_of_what_is_anothers()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        (await host.PostAsync(Target("tags", "domain/none"))).Is(404, "ResourceNotFoundException").IsAbout("domain", "none");
        (await host.PostAsync(Target("tags", "repository/tools/none"))).Is(404, "ResourceNotFoundException").IsAbout("repository", "none");
        (await host.CallAsync("POST", Target("tags", "domain/tools"), key: ControlPlaneHost.StrangersKey)).Is(403, "AccessDeniedException");
        (await host.CallAsync("POST", Target("tags", "domain/none"), key: ControlPlaneHost.StrangersKey)).Is(403, "AccessDeniedException");
    }

    private static string Target(string operation, string resource) => $"/v1/{operation}?resourceArn={Uri.EscapeDataString(Prefix + resource)}";

    private static string Tags(params (string Key, string Value)[] tags) => new JsonObject
    {
        ["tags"] = new JsonArray([.. tags.Select(t => new JsonObject { ["key"] = t.Key, ["value"] = t.Value })]),
    }.ToJsonString();

    private static string[] Pairs(Reply reply) => [.. reply.Body["tags"]!.AsArray().Select(t => $"{t!["key"]}={t["value"]}")];
}
