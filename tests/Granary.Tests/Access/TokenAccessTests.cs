using System.Net.Http.Headers;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Core.Events;
using Granary.Server.Authentication;
using Granary.Tests.Authentication;
using Granary.Tests.ControlPlane;
using Microsoft.EntityFrameworkCore;

namespace Granary.Tests.Access;

/// <summary>Authorization tokens: who gets one, and that what it lets in is decided anew at each request.</summary>
public sealed class TokenAccessTests : IAsyncLifetime
{
    private const string Key = "AKIAEXAMPLE00000USER";
    private const string Owner = ControlPlaneHost.Owner;
    private const string Token = "/v1/authorization-token?domain=tools";

    private static readonly HttpClient Http = new();

    private ControlPlaneHost host = null!;
    private string user = "";

    public async ValueTask InitializeAsync()
    {
        host = await ControlPlaneHost.StartAsync();
        await host.CreateDomainAsync("tools", "shop");
        await host.PublishAsync("left", "1.0.0");
        user = await host.AddUserAsync(Owner, "ann", Key);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task Takes_the_action_on_the_domain_and_the_one_of_STS()
    {
        await PolicyAsync("""{"Effect":"Allow","Action":"codeartifact:GetAuthorizationToken","Resource":"*"}""");
        Assert.Contains("sts:GetServiceBearerToken on resource: *", (await TokenAsync()).Is(403, "AccessDeniedException").Message, StringComparison.Ordinal);
        await PolicyAsync("""{"Effect":"Allow","Action":"sts:GetServiceBearerToken","Resource":"*"}""");
        Assert.Contains("codeartifact:GetAuthorizationToken on resource: arn", (await TokenAsync()).Is(403, "AccessDeniedException").Message, StringComparison.Ordinal);
        await PolicyAsync("""{"Effect":"Allow","Action":["codeartifact:GetAuthorizationToken","sts:GetServiceBearerToken"],"Resource":"*"}""");
        (await TokenAsync()).Ok();
    }

    [Fact]
    public async Task The_service_and_the_duration_can_be_conditions()
    {
        await PolicyAsync(
            """
            {"Effect":"Allow","Action":"codeartifact:*","Resource":"*"},
            {"Effect":"Allow","Action":"sts:GetServiceBearerToken","Resource":"*","Condition":{
                "StringEquals":{"sts:AWSServiceName":"codeartifact.amazonaws.com"},"NumericLessThanEquals":{"sts:DurationSeconds":"1800"}}}
            """);
        (await TokenAsync("&duration=900")).Ok();
        (await TokenAsync("&duration=1800")).Ok();
        (await TokenAsync("&duration=0")).Ok();
        (await TokenAsync("&duration=1801")).Is(403, "AccessDeniedException");
        (await TokenAsync()).Is(403, "AccessDeniedException");
        await PolicyAsync("""{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"sts:AWSServiceName":"another.amazonaws.com"}}}""");
        (await TokenAsync()).Is(403, "AccessDeniedException");
    }

    [Theory]
    [InlineData("AWSCodeArtifactAdminAccess", 200, 200)]
    [InlineData("AWSCodeArtifactReadOnlyAccess", 200, 403)]
    [InlineData("AdministratorAccess", 200, 200)]
    [InlineData("IAMFullAccess", 403, 403)]
    public async Task AWSs_own_policies_do_what_they_say(string policy, int reads, int writes)
    {
        await host.Service<ChangeLog>().WriteAccountAsync(
            Owner,
            "arn:test",
            db => Task.FromResult(db.PolicyAttachments.Add(new PolicyAttachment { AccountId = Owner, IdentityId = user, PolicyArn = AwsPolicies.Prefix + policy, AttachedAt = default })),
            TestContext.Current.CancellationToken);
        Assert.Equal(reads, (await TokenAsync()).Status);
        Assert.Equal(reads, (await host.CallAsync("GET", "/v1/repository?domain=tools&repository=shop", key: Key)).Status);
        Assert.Equal(writes, (await host.CallAsync("POST", "/v1/repository?domain=tools&repository=other", key: Key)).Status);
    }

    [Fact]
    public async Task What_a_token_lets_in_is_what_the_user_may_now()
    {
        await PolicyAsync("""{"Effect":"Allow","Action":"*","Resource":"*"}""");
        var token = (await TokenAsync()).Ok().Text("authorizationToken");
        Assert.Equal(200, await ReadAsync(token));
        await PolicyAsync("""{"Effect":"Allow","Action":"codeartifact:List*","Resource":"*"}""");
        Assert.Equal(403, await ReadAsync(token));
        await PolicyAsync("""{"Effect":"Allow","Action":"codeartifact:ReadFromRepository","Resource":"arn:aws:codeartifact:*:*:repository/tools/sho"}""");
        Assert.Equal(403, await ReadAsync(token));
        await PolicyAsync("""{"Effect":"Allow","Action":"codeartifact:ReadFromRepository","Resource":"arn:aws:codeartifact:*:*:repository/tools/shop"}""");
        Assert.Equal(200, await ReadAsync(token));
        // The owner's own policy of the repository counts as soon as it is put.
        (await host.PutAsync(
            "/v1/repository/permissions/policy?domain=tools&repository=shop",
            """{"policyDocument":"{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:user/ann\"},\"Action\":\"codeartifact:Read*\"}}"}""")).Ok();
        Assert.Equal(403, await ReadAsync(token));
    }

    [Fact]
    public async Task A_token_ends_with_its_user_and_not_with_the_name()
    {
        await PolicyAsync("""{"Effect":"Allow","Action":"*","Resource":"*"}""");
        var token = (await TokenAsync()).Ok().Text("authorizationToken");
        await host.Service<ChangeLog>().WriteAccountAsync(
            Owner, "arn:test", db => db.Identities.Where(i => i.Id == user).ExecuteUpdateAsync(i => i.SetProperty(x => x.Name, "anna").SetProperty(x => x.NameKey, "anna")), TestContext.Current.CancellationToken);
        Assert.Equal(200, await ReadAsync(token));

        await host.Service<ChangeLog>().WriteAccountAsync(
            Owner, "arn:test", db => db.Identities.Where(i => i.Id == user).ExecuteDeleteAsync(), TestContext.Current.CancellationToken);
        var again = await host.AddUserAsync(Owner, "ann", "AKIAEXAMPLE00000NEXT");
        await host.SetPolicyAsync(Owner, again, Document("""{"Effect":"Allow","Action":"*","Resource":"*"}"""));
        Assert.Equal(401, await ReadAsync(token));
        (await host.CallAsync("POST", Token, key: Key)).Is(403, "UnrecognizedClientException");
        (await host.CallAsync("POST", Token, key: "AKIAEXAMPLE00000NEXT")).Ok();
    }

    [Fact]
    public async Task An_address_that_a_condition_names_is_asked_at_every_request()
    {
        await PolicyAsync("""{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":["127.0.0.0/8","::1"]}}}""");
        var token = (await TokenAsync()).Ok().Text("authorizationToken");
        Assert.Equal(200, await ReadAsync(token));
        await PolicyAsync("""{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}""");
        // Whoever sends the request writes its headers.
        Assert.Equal(403, await ReadAsync(token, ("X-Forwarded-For", "10.0.0.1"), ("Forwarded", "for=10.0.0.1"), ("X_Forwarded_For", "10.0.0.1")));
    }

    [Fact]
    public async Task A_time_that_a_condition_names_passes()
    {
        await PolicyAsync("""{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2026-01-02T03:05:00Z"}}}""");
        var token = (await TokenAsync()).Ok().Text("authorizationToken");
        Assert.Equal(200, await ReadAsync(token));
        host.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(403, await ReadAsync(token));
    }

    [Fact]
    public async Task A_session_may_what_its_role_and_its_own_policy_both_allow_and_duration_zero_ends_with_it()
    {
        var role = await AddRoleAsync();
        await host.SetPolicyAsync(Owner, role, Document("""{"Effect":"Allow","Action":"*","Resource":"*"}"""));
        var now = host.Clock.GetUtcNow().ToUnixTimeSeconds();
        Principal Session(params string[] policies) => new(Owner, IamArns.Session(Owner, "ci", "job"))
        {
            IdentityId = role,
            RoleArn = IamArns.Identity(Owner, IdentityKind.Role, "/", "ci"),
            Session = new RoleSession("ci", "job", now, now + 1000) { Policies = policies, Tags = new Dictionary<string, string> { ["team"] = "red" } },
        };

        var wide = await SignedTokenAsync(Session(), "&duration=0");
        Assert.Equal(now + 1000, (double)wide.Ok().At("expiration")!);
        Assert.Equal(200, await ReadAsync(wide.Text("authorizationToken")));
        (await SignedTokenAsync(Session(Document("""{"Effect":"Allow","Action":"codeartifact:*","Resource":"*"}""")))).Is(403, "AccessDeniedException");
        const string Narrow = """{"Effect":"Allow","Action":["sts:*","codeartifact:GetAuthorizationToken"],"Resource":"*"}""";
        var narrow = (await SignedTokenAsync(Session(Document(Narrow)))).Ok().Text("authorizationToken");
        Assert.Equal(403, await ReadAsync(narrow));
        // One of several session policies that allows is enough, and the tags of the session are the principal's.
        const string ByTag = """{"Effect":"Allow","Action":"codeartifact:Read*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}}""";
        var tagged = (await SignedTokenAsync(Session(Document(Narrow), Document(ByTag)))).Ok().Text("authorizationToken");
        Assert.Equal(200, await ReadAsync(tagged));

        await host.Service<ChangeLog>().WriteAccountAsync(
            Owner, "arn:test", db => db.Identities.Where(i => i.Id == role).ExecuteDeleteAsync(), TestContext.Current.CancellationToken);
        Assert.Equal(401, await ReadAsync(tagged));
    }

    private Task<string> AddRoleAsync() => host.Service<ChangeLog>().WriteAccountAsync(
        Owner,
        "arn:test",
        db =>
        {
            var id = UniqueId.Of(IdentityKind.Role);
            db.Identities.Add(new Identity { AccountId = Owner, Id = id, Kind = IdentityKind.Role, Name = "ci", NameKey = "ci", Path = "/", CreatedAt = default, TrustPolicy = "{}", MaxSessionSeconds = 3600 });
            return Task.FromResult(id);
        },
        TestContext.Current.CancellationToken);

    private Task<Reply> SignedTokenAsync(Principal session, string query = "")
    {
        var credentials = host.Service<SessionCredentials>().Issue(session);
        var request = host.Request("POST", Token + query).With(("X-Amz-Security-Token", credentials.SessionToken));
        return host.SendAsync(request.Signed(new TestSigner { Key = credentials.AccessKeyId, SecretKey = credentials.SecretAccessKey }));
    }

    private Task PolicyAsync(string statements) => host.SetPolicyAsync(Owner, user, Document(statements));

    private static string Document(string statements) => $$"""{"Version":"2012-10-17","Statement":[{{statements}}]}""";

    private Task<Reply> TokenAsync(string query = "") => host.CallAsync("POST", Token + query, key: Key);

    private async Task<int> ReadAsync(string token, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Address, "/npm/d/tools-111122223333/shop/left"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return (int)response.StatusCode;
    }
}
