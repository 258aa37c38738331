using System.Text.Json.Nodes;
using Granary.Core;
using Microsoft.Extensions.DependencyInjection;

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

    [Fact]
    public async Task Counts_code_points_of_keys_and_values()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        var (key, value) = (Text("😀", 128), Text("👍", 256));
        (await host.PostAsync(Target("tag", "domain/tools"), Tags((key, value), ("k", "")))).Ok();
        Assert.Equal(["k=", $"{key}={value}"], Pairs((await host.PostAsync(Target("tags", "domain/tools"))).Ok()));

        (await host.PostAsync(Target("tag", "domain/tools"), Tags((Text("😀", 129), "")))).IsInvalid();
        (await host.PostAsync(Target("tag", "domain/tools"), Tags(("k", Text("👍", 257))))).IsInvalid();
        (await host.PostAsync(Target("untag", "domain/tools"), Keys(Text("😀", 129)))).IsInvalid();
        (await host.PostAsync(Target("untag", "domain/tools"), Keys(key, key))).Ok();
        Assert.Equal(["k="], Pairs((await host.PostAsync(Target("tags", "domain/tools"))).Ok()));
    }

    [Fact]
    public async Task Takes_two_hundred_in_one_call()
    {
        await using var host = await ControlPlaneHost.StartAsync(services => services.AddSingleton(new Quotas { TagsPerResource = 200 }));
        await host.CreateDomainAsync();
        var many = Enumerable.Range(0, 201).Select(i => ($"k{i:000}", "v")).ToArray();
        (await host.PostAsync(Target("tag", "domain/tools"), Tags(many))).IsInvalid();
        (await host.PostAsync(Target("tag", "domain/tools"), Tags(many[..200]))).Ok();
        var refused = (await host.PostAsync(Target("tag", "domain/tools"), Tags(many[200..]))).Is(402, "ServiceQuotaExceededException");
        Assert.Contains("at most 200 tags", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Quotas:TagsPerResource", refused.Message, StringComparison.Ordinal);

        (await host.PostAsync(Target("untag", "domain/tools"), Keys([.. many.Select(t => t.Item1)]))).IsInvalid();
        (await host.PostAsync(Target("untag", "domain/tools"), Keys([.. many[1..].Select(t => t.Item1)]))).Ok();
        Assert.Equal(["k000=v"], Pairs((await host.PostAsync(Target("tags", "domain/tools"))).Ok()));
    }

    [Theory]
    [InlineData("/v1/domain?domain=more", "")]
    [InlineData("/v1/repository?domain=tools&repository=more", "")]
    [InlineData("/v1/package-group?domain=tools", "\"packageGroup\":\"/npm/more/*\",")]
    public async Task Creating_keeps_the_same_rules_and_what_breaks_one_is_not_created(string target, string members)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        foreach (var tags in (string[])
        [
            """[{"key":"aws:x","value":"v"}]""", """[{"key":"k","value":"v"},{"key":"k","value":"v"}]""", """[{"key":"","value":"v"}]""", """[{"key":"k"}]""",
            $$"""[{"key":"{{new string('k', 129)}}","value":"v"}]""", $$"""[{"key":"k","value":"{{new string('v', 257)}}"}]""",
        ])
        {
            (await host.PostAsync(target, $$"""{{{members}}"tags":{{tags}}}""")).IsInvalid();
        }

        var full = Tags([.. Enumerable.Range(0, 51).Select(i => ($"k{i}", "v"))]);
        (await host.PostAsync(target, "{" + members + full[1..])).Is(402, "ServiceQuotaExceededException");
        var fifty = Tags([.. Enumerable.Range(0, 50).Select(i => ($"k{i}", "v"))]);
        (await host.PostAsync(target, "{" + members + fifty[1..])).Ok();
    }

    [Fact]
    public async Task Package_groups_have_tags_of_their_own()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        (await host.PostAsync("/v1/package-group?domain=tools", """{"packageGroup":"/npm/acme/*","tags":[{"key":"a","value":"1"}]}""")).Ok();
        // The ARN as AWS writes it; the root group's has no pattern but the asterisk.
        var (group, root) = (Target("tag", "package-group/tools/npm/acme/%2a"), Target("tag", "package-group/tools/%2a"));
        (await host.PostAsync(group, Tags(("b", "2"), ("a", "3")))).Ok();
        (await host.PostAsync(root, Tags(("r", "4")))).Ok();
        Assert.Equal(["a=3", "b=2"], Pairs((await host.PostAsync(group.Replace("/tag?", "/tags?", StringComparison.Ordinal))).Ok()));
        Assert.Equal(["r=4"], Pairs((await host.PostAsync(root.Replace("/tag?", "/tags?", StringComparison.Ordinal))).Ok()));
        Assert.Empty(Pairs((await host.PostAsync(Target("tags", "domain/tools"))).Ok()));
        (await host.PostAsync(group, Tags([.. Enumerable.Range(0, 49).Select(i => ($"k{i}", "v"))]))).Is(402, "ServiceQuotaExceededException").IsAbout("domain", "tools");
        (await host.PostAsync(group.Replace("/tag?", "/untag?", StringComparison.Ordinal), Keys("a", "none"))).Ok();
        Assert.Equal(["b=2"], Pairs((await host.PostAsync(group.Replace("/tag?", "/tags?", StringComparison.Ordinal))).Ok()));
        (await host.PostAsync(Target("tags", "package-group/tools/npm/none/%2a"))).Is(404, "ResourceNotFoundException");
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"tagKeys":null}""")]
    [InlineData("""{"tagKeys":[""]}""")]
    [InlineData("""{"tagKeys":["a\u200b"]}""")]
    public async Task Refuses_keys_that_break_a_rule(string body)
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        (await host.PostAsync(Target("untag", "domain/tools"), body)).IsInvalid();
    }

    [Fact]
    public async Task Of_calls_at_once_no_more_get_through_than_there_is_room_for()
    {
        await using var host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync();
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            host.PostAsync(Target("tag", "domain/tools"), Tags([.. Enumerable.Range(0, 10).Select(j => ($"k{i}-{j}", "v"))]))));
        Assert.Equal(5, replies.Count(reply => reply.Status == 200));
        Assert.All(replies.Where(reply => reply.Status != 200), reply => reply.Is(402, "ServiceQuotaExceededException"));
        Assert.Equal(50, Pairs((await host.PostAsync(Target("tags", "domain/tools"))).Ok()).Length);
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

    private static string Keys(params string[] keys) => new JsonObject { ["tagKeys"] = new JsonArray([.. keys.Select(key => (JsonNode)key)]) }.ToJsonString();

    private static string Text(string character, int count) => string.Concat(Enumerable.Repeat(character, count));

    private static string[] Pairs(Reply reply) => [.. reply.Body["tags"]!.AsArray().Select(t => $"{t!["key"]}={t["value"]}")];
}
