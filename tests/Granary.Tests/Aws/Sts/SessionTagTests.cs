using static Granary.Tests.Aws.Sts.StsHost;

namespace Granary.Tests.Aws.Sts;

public sealed class SessionTagTests
{
    private const string Everything = "sts:AssumeRole sts:TagSession sts:SetSourceIdentity";

    [Fact]
    public async Task Tags_need_a_permission_of_their_own_and_count_as_the_sessions_own()
    {
        await using var host = await StartAsync();
        await host.Control.CreateDomainAsync();
        const string RedAlone = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}}]}""";
        var user = await host.AddUserAsync("dave");
        await host.AddRoleAsync("plain", Trust(By($"arn:aws:iam::{Owner}:user/dave")));
        await host.AddRoleAsync("tagged", Trust(By($"arn:aws:iam::{Owner}:user/dave"), Everything), RedAlone, tag: ("team", "blue"));

        (await host.AssumeAsync("plain", user, Tag("team", "red"))).Is(403, "AccessDenied");
        (await host.OperateAsync("GET", "/v1/domain?domain=tools", (await host.AssumeAsync("tagged", user)).Ok().Session)).Is(403, "AccessDeniedException");
        (await host.OperateAsync("GET", "/v1/domain?domain=tools", (await host.AssumeAsync("tagged", user, Tag("Team", "red"))).Ok().Session)).Ok();
    }

    [Fact]
    public async Task A_trust_policy_can_say_which_tags()
    {
        await using var host = await StartAsync();
        await host.AddRoleAsync("ci", Trust(By(Owner), Everything, """
            {"StringEquals":{"aws:RequestTag/team":["red","blue"]},"ForAllValues:StringEquals":{"aws:TagKeys":["team","stage"],"sts:TransitiveTagKeys":["team"]}}
            """));
        (await host.AssumeAsync("ci", null, Tag("team", "red"))).Ok();
        (await host.AssumeAsync("ci", null, Tag("team", "green"))).Is(403, "AccessDenied");
        (await host.AssumeAsync("ci", null, [.. Tag("team", "red"), .. Tag("other", "x", 2)])).Is(403, "AccessDenied");
        (await host.AssumeAsync("ci", null, [.. Tag("team", "red"), ("TransitiveTagKeys.member.1", "team")])).Ok();
        (await host.AssumeAsync("ci", null, [.. Tag("team", "red"), .. Tag("stage", "x", 2), ("TransitiveTagKeys.member.1", "stage")])).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task Transitive_tags_go_on_to_sessions_of_the_session_and_cannot_be_changed_there()
    {
        await using var host = await StartAsync();
        await host.AddRoleAsync("first", Trust(By(Owner), Everything), Allow("sts:*"));
        await host.AddRoleAsync("third", Trust(By(Owner), Everything, """{"StringEquals":{"aws:PrincipalTag/team":"red"},"Null":{"aws:PrincipalTag/stage":"true"}}"""));
        var first = (await host.AssumeAsync("first", null, [.. Tag("team", "red"), .. Tag("stage", "test", 2), ("TransitiveTagKeys.member.1", "Team")])).Ok().Session;
        var second = (await host.AssumeAsync("first", first)).Ok().Session;

        (await host.AssumeAsync("third", second)).Ok();
        (await host.AssumeAsync("third", first)).Is(403, "AccessDenied");
        (await host.AssumeAsync("first", second, Tag("TEAM", "blue"))).Is(400, "InvalidParameterValue");
        (await host.AssumeAsync("first", second, Tag("stage", "live"))).Ok();
    }

    [Fact]
    public async Task A_role_that_lets_nobody_tag_cannot_be_reached_by_a_session_with_transitive_tags()
    {
        await using var host = await StartAsync();
        await host.AddRoleAsync("first", Trust(By(Owner), Everything), Allow("sts:AssumeRole"));
        await host.AddRoleAsync("second", Trust(By(Owner)));
        var passedOn = (await host.AssumeAsync("first", null, [.. Tag("team", "red"), ("TransitiveTagKeys.member.1", "team")])).Ok().Session;
        (await host.AssumeAsync("second", passedOn)).Is(403, "AccessDenied");
        (await host.AssumeAsync("second", (await host.AssumeAsync("first", null, Tag("team", "red"))).Ok().Session)).Ok();
    }

    [Fact]
    public async Task Keys_that_are_there_twice_or_are_AWSs_own_or_are_passed_on_without_a_value_are_refused()
    {
        await using var host = await StartAsync();
        await host.AddRoleAsync("ci", Trust(By(Owner), Everything));
        (await host.AssumeAsync("ci", null, [.. Tag("team", "red"), .. Tag("TEAM", "red", 2)])).Is(400, "InvalidParameterValue");
        (await host.AssumeAsync("ci", null, Tag("aws:team", "red"))).Is(400, "InvalidParameterValue");
        (await host.AssumeAsync("ci", null, ("TransitiveTagKeys.member.1", "team"))).Is(400, "InvalidParameterValue");
        (await host.AssumeAsync("ci", null, Tag("te*m", "red"))).Is(400, "ValidationError");
        (await host.AssumeAsync("ci", null, [.. Enumerable.Range(1, 51).SelectMany(i => Tag($"k{i}", "v", i))])).Is(400, "ValidationError");
    }

    [Fact]
    public async Task A_source_identity_needs_a_permission_persists_through_sessions_of_sessions_and_cannot_be_changed()
    {
        await using var host = await StartAsync();
        await host.AddRoleAsync("plain", Trust(By(Owner)), Allow("sts:*"));
        await host.AddRoleAsync("first", Trust(By(Owner), Everything, """{"StringLike":{"sts:SourceIdentity":"d*"}}"""), Allow("sts:*"));
        await host.AddRoleAsync("last", Trust(By(Owner), Everything, """{"StringEquals":{"aws:SourceIdentity":"dave"}}"""));
        var user = await host.AddUserAsync("dave", Allow("sts:AssumeRole"));

        (await host.AssumeAsync("first", user, ("SourceIdentity", "dave"))).Is(403, "AccessDenied");
        (await host.AssumeAsync("first", null, ("SourceIdentity", "eve"))).Is(403, "AccessDenied");
        var reply = (await host.AssumeAsync("first", null, ("SourceIdentity", "dave"))).Ok();
        Assert.Equal("dave", reply["SourceIdentity"]);
        var second = (await host.AssumeAsync("first", reply.Session)).Ok();
        Assert.Equal("dave", second["SourceIdentity"]);
        (await host.AssumeAsync("last", second.Session)).Ok();
        (await host.AssumeAsync("first", second.Session, ("SourceIdentity", "dora"))).Is(403, "AccessDenied");
    }

    private static (string, string)[] Tag(string key, string value, int number = 1) => [($"Tags.member.{number}.Key", key), ($"Tags.member.{number}.Value", value)];
}
