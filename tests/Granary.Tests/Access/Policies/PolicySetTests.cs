using Granary.Core.Access;
using Granary.Core.Access.Policies;

namespace Granary.Tests.Access.Policies;

public sealed class PolicySetTests
{
    private const string Own = "111122223333";
    private const string Other = "444455556666";
    private const string Read = "codeartifact:ReadFromRepository";
    private const string Repository = $"arn:aws:codeartifact:us-east-1:{Own}:repository/d/r";

    private static readonly Principal Session =
        new(Own, $"arn:aws:sts::{Own}:assumed-role/ci/build") { RoleArn = $"arn:aws:iam::{Own}:role/team/ci" };

    public static TheoryData<string, bool> Forms =>
        [.. from form in (string[])["session", "role", "account", "root", "everyone"] from same in (bool[])[true, false] select (form, same)];

    /// <summary>What one policy says of the request: nothing, yes or no.</summary>
    public enum Says
    {
        Nothing,
        Allow,
        Deny,
    }

    /// <summary>
    /// HARDENING PE-1: 3⁵ cases of identity, domain, repository, boundary and session policy, for every way in which a resource's
    /// policy can name who asks, in its own account and from another.
    /// </summary>
    [Theory]
    [MemberData(nameof(Forms))]
    public void Decides_all_243_combinations_as_the_table_says(string form, bool sameAccount)
    {
        var account = sameAccount ? Own : Other;
        var principal = Session with { AccountId = account, Arn = Session.Arn.Replace(Own, account, StringComparison.Ordinal), RoleArn = Session.RoleArn!.Replace(Own, account, StringComparison.Ordinal) };
        var named = form switch
        {
            "session" => principal.Arn,
            "role" => principal.RoleArn,
            "account" => account,
            "root" => $"arn:aws:iam::{account}:root",
            _ => "*",
        };
        var says = Enum.GetValues<Says>();
        var cases = from identity in says from domain in says from repository in says from boundary in says from session in says
                    select (identity, domain, repository, boundary, session);
        var count = 0;
        foreach (var (identity, domain, repository, boundary, session) in cases)
        {
            var set = new PolicySet
            {
                Identity = [Attached(identity)],
                Resource = [Named(domain, named!), Named(repository, named!)],
                Boundary = Attached(boundary),
                Session = [Attached(session)],
            };
            var decision = set.Decide(new AccessRequest(principal, Read, Repository, AccessRequest.NoContext), Own);
            Assert.Equal(Table(form, sameAccount, identity, domain, repository, boundary, session), decision);
            count++;
        }

        Assert.Equal(243, count);
    }

    [Fact]
    public void Without_a_boundary_or_session_policy_there_is_none_to_pass()
    {
        var request = new AccessRequest(Session, Read, Repository, AccessRequest.NoContext);
        Assert.Equal(Decision.Allowed, new PolicySet { Identity = [Attached(Says.Allow)] }.Decide(request, Own));
        Assert.Equal(Decision.NotAllowed, new PolicySet().Decide(request, Own));
        Assert.Equal(Decision.NotAllowed, new PolicySet { Identity = [Attached(Says.Allow)] }.Decide(request, Other));
    }

    [Fact]
    public void The_root_of_an_account_needs_no_policy_in_it_and_one_elsewhere()
    {
        var request = new AccessRequest(new Principal(Own, $"arn:aws:iam::{Own}:root"), Read, Repository, AccessRequest.NoContext);
        Assert.Equal(Decision.Allowed, new PolicySet().Decide(request, Own));
        Assert.Equal(Decision.NotAllowed, new PolicySet().Decide(request, Other));
        Assert.Equal(Decision.Allowed, new PolicySet { Resource = [Named(Says.Allow, Own)] }.Decide(request, Other));
        Assert.Equal(Decision.Denied, new PolicySet { Resource = [Named(Says.Deny, Own)] }.Decide(request, Own));
    }

    [Fact]
    public void The_administrator_of_a_repository_in_anothers_domain_needs_its_own_policy_and_none_of_the_resource()
    {
        var request = new AccessRequest(Principal.User(Own, "ann"), Read, Repository, AccessRequest.NoContext);
        var says = Enum.GetValues<Says>();
        foreach (var (identity, resource) in from i in says from r in says select (i, r))
        {
            var expected = identity == Says.Deny || resource == Says.Deny ? Decision.Denied : identity == Says.Allow ? Decision.Allowed : Decision.NotAllowed;
            var set = new PolicySet { Identity = [Attached(identity)], Resource = [Named(resource, request.Principal.Arn)] };
            Assert.Equal(expected, set.Decide(request, Standing.Administrator));
        }
    }

    [Fact]
    public void A_trust_policy_must_allow_inside_its_account_too()
    {
        var request = new AccessRequest(Principal.User(Own, "ann"), Read, Repository, AccessRequest.NoContext);
        Decision Decide(Says identity, params PolicyDocument[] trust) =>
            new PolicySet { Identity = [Attached(identity)], Resource = trust, ResourceMustAllow = true }.Decide(request, Standing.Owner);
        Assert.Equal(Decision.NotAllowed, Decide(Says.Allow));
        Assert.Equal(Decision.Allowed, Decide(Says.Allow, Named(Says.Allow, Own)));
        Assert.Equal(Decision.NotAllowed, Decide(Says.Nothing, Named(Says.Allow, Own)));
        Assert.Equal(Decision.Allowed, Decide(Says.Nothing, Named(Says.Allow, request.Principal.Arn)));
        Assert.Equal(Decision.Denied, Decide(Says.Deny, Named(Says.Allow, request.Principal.Arn)));
    }

    [Fact]
    public void NotPrincipal_denies_everybody_else()
    {
        var policy = PolicyDocument.Parse(
            $$"""{"Statement": {"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::{{Own}}:user/ann"}, "Action": "codeartifact:*"} }""", PolicyKind.Resource);
        var set = new PolicySet { Identity = [Attached(Says.Allow)], Resource = [policy] };
        Assert.Equal(Decision.Allowed, set.Decide(new AccessRequest(Principal.User(Own, "ann"), Read, Repository, AccessRequest.NoContext), Own));
        Assert.Equal(Decision.Denied, set.Decide(new AccessRequest(Principal.User(Own, "anna"), Read, Repository, AccessRequest.NoContext), Own));
    }

    [Theory]
    [InlineData("\"NotAction\": \"codeartifact:ReadFromRepository\", \"Resource\": \"*\"", false)]
    [InlineData("\"NotAction\": \"codeartifact:Delete*\", \"Resource\": \"*\"", true)]
    [InlineData("\"Action\": \"*\", \"NotResource\": \"arn:aws:codeartifact:*:*:repository/d/r\"", false)]
    [InlineData("\"Action\": \"*\", \"NotResource\": \"arn:aws:codeartifact:*:*:repository/d/other\"", true)]
    [InlineData("\"Action\": [\"sts:*\", \"codeartifact:Read*\"], \"Resource\": [\"arn:aws:codeartifact:*:*:domain/*\", \"*\"]", true)]
    public void Elements_name_what_is_meant_or_what_is_left_out(string elements, bool allowed)
    {
        var policy = PolicyDocument.Parse($$"""{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", {{elements}} }]}""", PolicyKind.Identity);
        var decision = new PolicySet { Identity = [policy] }.Decide(new AccessRequest(Principal.User(Own, "ann"), Read, Repository, AccessRequest.NoContext), Own);
        Assert.Equal(allowed ? Decision.Allowed : Decision.NotAllowed, decision);
    }

    [Fact]
    public void A_statement_that_denies_something_else_takes_nothing_away()
    {
        const string Denies = """{"Effect": "Deny", {0} "Action": "codeartifact:Delete*", "Resource": "*"}""";
        const string Allows = """{"Effect": "Allow", {0} "Action": "codeartifact:*", "Resource": "*"}""";
        string Both(string principal) => $$"""{"Statement": [{{Denies}}, {{Allows}}] }""".Replace("{0}", principal, StringComparison.Ordinal);
        var identity = new PolicySet { Identity = [PolicyDocument.Parse(Both(""), PolicyKind.Identity)] };
        var resource = new PolicySet { Resource = [PolicyDocument.Parse(Both("\"Principal\": \"*\","), PolicyKind.Resource)] };
        foreach (var set in new[] { identity, resource })
        {
            Assert.Equal(Decision.Allowed, set.Decide(new AccessRequest(Session, Read, Repository, AccessRequest.NoContext), Own));
            Assert.Equal(Decision.Denied, set.Decide(new AccessRequest(Session, "codeartifact:DeleteRepository", Repository, AccessRequest.NoContext), Own));
        }
    }

    [Theory]
    [InlineData("Federated", "arn:aws:iam::111122223333:oidc-provider/issuer.example", true)]
    [InlineData("Federated", "arn:aws:iam::111122223333:oidc-provider/issuer.example.org", false)]
    [InlineData("Service", "codebuild.amazonaws.com", true)]
    [InlineData("Service", "CodeBuild.amazonaws.com", false)]
    public void Providers_and_services_are_named_to_the_letter(string kind, string who, bool allowed)
    {
        var policy = PolicyDocument.Parse(
            $$"""{"Statement": {"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/issuer.example", "Service": "codebuild.amazonaws.com"}, "Action": "*"} }""",
            PolicyKind.Resource);
        var decision = new PolicySet { Resource = [policy] }.Decide(new AccessRequest(new Principal(Own, who), Read, Repository, AccessRequest.NoContext), Own);
        Assert.True(allowed == (decision == Decision.Allowed), kind);
    }

    [Fact]
    public void Variables_in_resources_are_for_the_later_version()
    {
        foreach (var (version, decision) in new[] { ("2012-10-17", Decision.Allowed), ("2008-10-17", Decision.NotAllowed) })
        {
            var policy = PolicyDocument.Parse(
                $$$"""{"Version": "{{{version}}}", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:codeartifact:*:*:repository/d/${aws:username}"} }""", PolicyKind.Identity);
            var context = new Dictionary<string, string[]> { ["aws:username"] = ["r"] };
            Assert.Equal(decision, new PolicySet { Identity = [policy] }.Decide(new AccessRequest(Principal.User(Own, "r"), Read, Repository, context), Own));
        }
    }

    [Fact]
    public void An_action_without_a_resource_is_named_by_a_lone_star_only()
    {
        var request = new AccessRequest(Principal.User(Own, "ann"), "codeartifact:ListDomains", "*", AccessRequest.NoContext);
        foreach (var (resource, decision) in new[] { ("*", Decision.Allowed), ("arn:aws:codeartifact:*:*:*", Decision.NotAllowed) })
        {
            var policy = PolicyDocument.Parse($$"""{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "{{resource}}"} }""", PolicyKind.Identity);
            Assert.Equal(decision, new PolicySet { Identity = [policy] }.Decide(request, Own));
        }
    }

    // The rules as IAM's documentation tells them, one after the other, without a look at how the code does it.
    private static Decision Table(string form, bool sameAccount, Says identity, Says domain, Says repository, Says boundary, Says session)
    {
        if (new[] { identity, domain, repository, boundary, session }.Contains(Says.Deny))
        {
            return Decision.Denied;
        }

        var resourceAllows = domain == Says.Allow || repository == Says.Allow;
        var withinBounds = boundary == Says.Allow && session == Says.Allow;
        if (!sameAccount)
        {
            return identity == Says.Allow && withinBounds && resourceAllows ? Decision.Allowed : Decision.NotAllowed;
        }

        if (identity == Says.Allow && withinBounds)
        {
            return Decision.Allowed;
        }

        return (resourceAllows, form) switch
        {
            (true, "session") => Decision.Allowed,
            (true, "role" or "everyone") when withinBounds => Decision.Allowed,
            _ => Decision.NotAllowed,
        };
    }

    private static PolicyDocument Attached(Says says) => PolicyDocument.Parse(
        says == Says.Nothing
            ? """{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"} }"""
            : $$"""{"Statement": {"Effect": "{{says}}", "Action": "codeartifact:*", "Resource": "*"} }""",
        PolicyKind.Identity);

    private static PolicyDocument Named(Says says, string principal) => PolicyDocument.Parse(
        says == Says.Nothing
            ? """{"Statement": {"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "codeartifact:*"} }"""
            : $$"""{"Statement": {"Effect": "{{says}}", "Principal": {"AWS": ["{{principal}}"]}, "Action": "codeartifact:*", "Resource": "*"} }""",
        PolicyKind.Resource);
}

file static class OwnershipByAccount
{
    /// <summary>Decides about a resource of one account.</summary>
    public static Decision Decide(this PolicySet set, AccessRequest request, string account) => set.Decide(request, request.Principal.AccountId == account ? Standing.Owner : Standing.Stranger);
}
