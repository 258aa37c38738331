using Granary.Core.Access.Identities;
using static Granary.Tests.Aws.Sts.StsHost;

namespace Granary.Tests.Aws.Sts;

public sealed class SessionPolicyTests
{
    private const string Describe = "/v1/domain?domain=tools";

    [Fact]
    public async Task An_inline_policy_narrows_the_session_and_widens_nothing()
    {
        await using var host = await StartAsync();
        await host.Control.CreateDomainAsync();
        await host.AddRoleAsync("ci", Trust(By(Owner)), Allow("codeartifact:Describe*"));

        var narrowed = (await host.AssumeAsync("ci", null, ("Policy", Allow("codeartifact:ListDomains")))).Ok();
        Assert.InRange(int.Parse(narrowed["PackedPolicySize"], System.Globalization.CultureInfo.InvariantCulture), 1, 20);
        (await host.OperateAsync("GET", Describe, narrowed.Session)).Is(403, "AccessDeniedException");
        (await host.OperateAsync("POST", "/v1/domains", narrowed.Session)).Is(403, "AccessDeniedException");
        (await host.OperateAsync("GET", Describe, (await host.AssumeAsync("ci", null, ("Policy", Allow("*")))).Ok().Session)).Ok();
    }

    [Fact]
    public async Task Managed_policies_of_the_roles_account_and_of_AWS_narrow_it_too_as_they_were()
    {
        await using var host = await StartAsync();
        await host.Control.CreateDomainAsync();
        await host.AddRoleAsync("ci", Trust(By(Owner)), Allow("*"));
        await host.WriteAsync(Owner, db =>
        {
            db.ManagedPolicies.Add(new ManagedPolicy
            {
                AccountId = Owner, Id = "ANPAEXAMPLE", Name = "Own", NameKey = "own", Path = "/", CreatedAt = host.Clock.GetUtcNow(), UpdatedAt = host.Clock.GetUtcNow(),
                DefaultVersion = 1, LastVersion = 1,
            });
            db.ManagedPolicyVersions.Add(new ManagedPolicyVersion
            {
                AccountId = Owner, PolicyId = "ANPAEXAMPLE", Number = 1, Document = Allow("codeartifact:DeleteDomain"), CreatedAt = host.Clock.GetUtcNow(),
            });
        });

        var own = (await host.AssumeAsync("ci", null, ("PolicyArns.member.1.arn", $"arn:aws:iam::{Owner}:policy/Own"))).Ok().Session;
        (await host.OperateAsync("GET", Describe, own)).Is(403, "AccessDeniedException");
        var both = (await host.AssumeAsync(
            "ci", null, ("PolicyArns.member.1.arn", $"arn:aws:iam::{Owner}:policy/Own"), ("PolicyArns.member.2.arn", AwsPolicies.Prefix + "AWSCodeArtifactReadOnlyAccess"))).Ok().Session;
        (await host.OperateAsync("GET", Describe, both)).Ok();
        (await host.AssumeAsync("ci", null, ("PolicyArns.member.1.arn", $"arn:aws:iam::{Owner}:policy/Missing"))).Is(400, "MalformedPolicyDocument");
        (await host.AssumeAsync("ci", null, [.. Enumerable.Range(1, 11).Select(i => ($"PolicyArns.member.{i}.arn", AwsPolicies.Administrator))])).Is(400, "ValidationError");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}""")]
    public async Task A_policy_that_is_none_is_malformed(string policy)
    {
        await using var host = await StartAsync();
        await host.AddRoleAsync("ci", Trust(By(Owner)));
        (await host.AssumeAsync("ci", null, ("Policy", policy))).Is(400, "MalformedPolicyDocument");
    }

    [Fact]
    public async Task The_largest_session_works_on_both_planes_and_a_larger_one_is_too_large()
    {
        await using var host = await StartAsync();
        await host.Control.CreateDomainAsync("tools", "shop");
        await host.AddRoleAsync("ci", Trust(By(Owner), "sts:AssumeRole sts:TagSession"), Allow("*"));
        var policy = Allow("*").PadRight(2048);
        (await host.AssumeAsync("ci", null, ("Policy", policy + " "))).Is(400, "ValidationError");

        (string, string)[] tags = [.. Enumerable.Range(1, 50).SelectMany(i => new[] { ($"Tags.member.{i}.Key", $"key{i}"), ($"Tags.member.{i}.Value", new string('v', 90)) })];
        var largest = (await host.AssumeAsync("ci", null, [("Policy", policy), .. tags])).Ok();
        Assert.InRange(int.Parse(largest["PackedPolicySize"], System.Globalization.CultureInfo.InvariantCulture), 80, 100);
        var token = (await host.OperateAsync("POST", "/v1/authorization-token?domain=tools", largest.Session)).Ok().Text("authorizationToken");
        Assert.Equal(200, await host.ReadRepositoryAsync(token));

        tags = [.. tags.Select(t => t.Item1.EndsWith("Value", StringComparison.Ordinal) ? (t.Item1, new string('v', 200)) : t)];
        (await host.AssumeAsync("ci", null, [("Policy", policy), .. tags])).Is(400, "PackedPolicyTooLarge");
    }
}
