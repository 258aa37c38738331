using Granary.Core.Access.Identities;
using static Granary.Tests.Aws.Sts.StsHost;

namespace Granary.Tests.Aws.Sts;

public sealed class AssumeRoleTests
{
    [Fact]
    public async Task A_role_lends_its_permissions_to_whom_it_trusts_until_the_session_ends()
    {
        await using var host = await StartAsync();
        await host.Control.CreateDomainAsync();
        await host.AddRoleAsync("reader", Trust(By(Owner)), Allow("codeartifact:DescribeDomain"));
        var reply = (await host.AssumeAsync("reader")).Ok();
        var session = reply.Session;

        Assert.StartsWith("ASIA", session.Key, StringComparison.Ordinal);
        Assert.Equal("2026-01-02T04:04:05Z", reply["Expiration"]);
        Assert.Null(reply.Find("PackedPolicySize"));
        (await host.OperateAsync("GET", "/v1/domain?domain=tools", session)).Ok();
        (await host.OperateAsync("DELETE", "/v1/domain?domain=tools", session)).Is(403, "AccessDeniedException");
        (await host.OperateAsync("GET", "/v1/domain?domain=tools", session with { Secret = "other" })).Is(403, "InvalidSignatureException");
        (await host.OperateAsync("GET", "/v1/domain?domain=tools", session with { Token = null })).Is(403, "UnrecognizedClientException");
        host.Clock.Advance(TimeSpan.FromHours(1));
        (await host.OperateAsync("GET", "/v1/domain?domain=tools", session)).Is(403, "ExpiredTokenException");
        (await host.CallAsync("GetCallerIdentity", session)).Is(403, "ExpiredToken");
    }

    [Fact]
    public async Task In_one_account_naming_the_user_is_enough_and_naming_the_account_leaves_it_to_the_users_policies()
    {
        await using var host = await StartAsync();
        var may = await host.AddUserAsync("may", Allow("sts:AssumeRole", RoleArn("byaccount")));
        var mayNot = await host.AddUserAsync("maynot");
        await host.AddRoleAsync("byaccount", Trust(By($"arn:aws:iam::{Owner}:root")));
        await host.AddRoleAsync("byname", Trust(By($"arn:aws:iam::{Owner}:user/maynot")));

        (await host.AssumeAsync("byaccount", may)).Ok();
        (await host.AssumeAsync("byaccount", mayNot)).Is(403, "AccessDenied");
        (await host.AssumeAsync("byname", mayNot)).Ok();
        (await host.AssumeAsync("byname", may)).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task Across_accounts_both_sides_must_allow_it()
    {
        await using var host = await StartAsync();
        var may = await host.AddUserAsync("may", Allow("sts:AssumeRole"), Stranger);
        var mayNot = await host.AddUserAsync("maynot", account: Stranger);
        await host.AddRoleAsync("open", Trust("""{"AWS":["arn:aws:iam::444455556666:user/maynot","444455556666"]}"""));
        await host.AddRoleAsync("closed", Trust(By(Owner)));

        Assert.Equal($"arn:aws:sts::{Owner}:assumed-role/open/build", (await host.AssumeAsync("open", may)).Ok()["Arn"]);
        (await host.AssumeAsync("open", mayNot)).Is(403, "AccessDenied");
        (await host.AssumeAsync("closed", may)).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task A_denial_outweighs_every_trust()
    {
        await using var host = await StartAsync();
        var user = await host.AddUserAsync("dave", """{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sts:*","Resource":"*"}}""");
        await host.AddRoleAsync("ci", Trust(By($"arn:aws:iam::{Owner}:user/dave")));
        (await host.AssumeAsync("ci", user)).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task A_role_that_does_not_exist_is_refused_in_the_same_words_as_one_that_does_not_trust()
    {
        await using var host = await StartAsync();
        await host.AddRoleAsync("closed", Trust(By(Stranger)));
        await host.AddRoleAsync("Deep", Trust(By(Owner)), path: "/a/");
        var closed = (await host.AssumeAsync("closed")).Is(403, "AccessDenied")["Message"];
        foreach (var arn in new[] { RoleArn("missing"), RoleArn("missing", "999999999999"), RoleArn("Deep"), RoleArn("a/deep"), RoleArn("a/Deep", Stranger) })
        {
            Assert.Equal(closed.Replace(RoleArn("closed"), arn, StringComparison.Ordinal), (await host.AssumeAsync(arn)).Is(403, "AccessDenied")["Message"]);
        }
    }

    [Theory]
    [InlineData("RoleArn", "arn:aws:iam::111122223333:user/admin")]
    [InlineData("RoleArn", "short")]
    [InlineData("RoleSessionName", "a")]
    [InlineData("RoleSessionName", "no blanks")]
    [InlineData("RoleSessionName", "ümlaut")]
    [InlineData("DurationSeconds", "899")]
    [InlineData("DurationSeconds", "43201")]
    [InlineData("DurationSeconds", "1e3")]
    [InlineData("ExternalId", "?x")]
    [InlineData("SourceIdentity", "a b")]
    public async Task Parameters_have_the_shapes_of_the_model(string name, string value)
    {
        await using var host = await StartAsync();
        await host.AddRoleAsync("ci", Trust(By(Owner)));
        var good = new Dictionary<string, string> { ["RoleArn"] = RoleArn("ci"), ["RoleSessionName"] = "build", [name] = value };
        (await host.CallAsync("AssumeRole", null, [.. good.Select(p => (p.Key, p.Value))])).Is(400, "ValidationError");
    }

    [Fact]
    public async Task Sessions_are_as_long_as_asked_up_to_what_the_role_allows_and_an_hour_for_sessions_of_sessions()
    {
        await using var host = await StartAsync();
        await host.AddRoleAsync("ci", Trust(By(Owner)), Allow("sts:AssumeRole"), longest: 7200);
        Assert.Equal("2026-01-02T05:04:05Z", (await host.AssumeAsync("ci", null, ("DurationSeconds", "7200"))).Ok()["Expiration"]);
        var over = (await host.AssumeAsync("ci", null, ("DurationSeconds", "7201"))).Is(400, "ValidationError");
        Assert.Equal("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", over["Message"]);

        var session = (await host.AssumeAsync("ci")).Ok().Session;
        Assert.Equal("2026-01-02T04:04:05Z", (await host.AssumeAsync("ci", session)).Ok()["Expiration"]);
        var chained = (await host.AssumeAsync("ci", session, ("DurationSeconds", "3601"))).Is(400, "ValidationError");
        Assert.Equal("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.", chained["Message"]);
    }

    [Fact]
    public async Task A_trust_policy_can_ask_for_an_external_id_and_a_session_name()
    {
        await using var host = await StartAsync();
        await host.AddRoleAsync("vendor", Trust(By(Owner), condition: """{"StringEquals":{"sts:ExternalId":"s3cret:1"},"StringLike":{"sts:RoleSessionName":"bu*"}}"""));

        (await host.AssumeAsync("vendor")).Is(403, "AccessDenied");
        (await host.AssumeAsync("vendor", null, ("ExternalId", "other"))).Is(403, "AccessDenied");
        (await host.AssumeAsync("vendor", null, ("ExternalId", "s3cret:1"))).Ok();
        (await host.CallAsync("AssumeRole", null, ("RoleArn", RoleArn("vendor")), ("RoleSessionName", "other"), ("ExternalId", "s3cret:1"))).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task A_trust_policy_can_compare_tags_of_the_role_with_those_of_the_caller()
    {
        await using var host = await StartAsync();
        const string Same = """{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}}""";
        await host.AddRoleAsync("first", Trust(By(Owner), "sts:AssumeRole sts:TagSession"), Allow("sts:AssumeRole"), tag: ("team", "red"));
        await host.AddRoleAsync("second", Trust(By(Owner), condition: Same), tag: ("team", "red"));
        (await host.AssumeAsync("second", (await host.AssumeAsync("first")).Ok().Session)).Ok();
        var blue = (await host.AssumeAsync("first", null, ("Tags.member.1.Key", "Team"), ("Tags.member.1.Value", "blue"))).Ok().Session;
        (await host.AssumeAsync("second", blue)).Is(403, "AccessDenied");
    }

    [Fact]
    public async Task MFA_and_contexts_that_are_not_there_are_refused_and_not_passed_over()
    {
        await using var host = await StartAsync();
        await host.AddRoleAsync("ci", Trust(By(Owner)));
        (await host.AssumeAsync("ci", null, ("SerialNumber", "arn:aws:iam::111122223333:mfa/me"), ("TokenCode", "123456"))).Is(403, "AccessDenied");
        (await host.AssumeAsync("ci", null, ("ProvidedContexts.member.1.ProviderArn", "arn:aws:iam::aws:contextProvider/x"))).Is(400, "ValidationError");
    }

    [Fact]
    public async Task With_the_role_its_sessions_end_on_both_planes_and_one_of_the_same_name_does_not_bring_them_back()
    {
        await using var host = await StartAsync();
        await host.Control.CreateDomainAsync("tools", "shop");
        var role = await host.AddRoleAsync("ci", Trust(By(Owner)), Allow("*"));
        var session = (await host.AssumeAsync("ci")).Ok().Session;
        var token = (await host.OperateAsync("POST", "/v1/authorization-token?domain=tools", session)).Ok().Text("authorizationToken");
        Assert.Equal(200, await host.ReadRepositoryAsync(token));

        await host.DeleteAsync(role);
        await AssertEndedAsync();
        await host.AddRoleAsync("ci", Trust(By(Owner)), Allow("*"));
        await AssertEndedAsync();

        async Task AssertEndedAsync()
        {
            (await host.OperateAsync("GET", "/v1/domain?domain=tools", session)).Is(403, "UnrecognizedClientException");
            (await host.CallAsync("GetCallerIdentity", session)).Is(403, "InvalidClientTokenId");
            (await host.AssumeAsync("ci", session)).Is(403, "InvalidClientTokenId");
            Assert.Equal(401, await host.ReadRepositoryAsync(token));
        }
    }

    [Fact]
    public async Task What_a_role_may_changes_for_sessions_that_it_has_given_away()
    {
        await using var host = await StartAsync();
        await host.Control.CreateDomainAsync();
        var role = await host.AddRoleAsync("ci", Trust(By(Owner)), Allow("*"));
        var session = (await host.AssumeAsync("ci")).Ok().Session;
        (await host.OperateAsync("GET", "/v1/domain?domain=tools", session)).Ok();
        await host.WriteAsync(Owner, db => db.InlinePolicies.Remove(new InlinePolicy { AccountId = Owner, IdentityId = role.Id, Name = "inline", Document = "" }));
        (await host.OperateAsync("GET", "/v1/domain?domain=tools", session)).Is(403, "AccessDeniedException");
    }
}
