using System.Text.Json.Nodes;

namespace Granary.Tests.Aws.Sts;

/// <summary>Tokens that are what they say, and what roles make of them.</summary>
public sealed class WebIdentityTests : WebIdentityContext
{
    [Fact]
    public async Task A_token_of_a_trusted_issuer_is_exchanged_for_a_session_without_any_signature()
    {
        await Host.Control.CreateDomainAsync();
        var reply = (await ExchangeAsync(Issuer.Token())).Ok();

        Assert.Equal("repo:tools/shop", reply["SubjectFromWebIdentityToken"]);
        Assert.Equal("granary", reply["Audience"]);
        Assert.Equal(ProviderArn, reply["Provider"]);
        Assert.Equal("arn:aws:sts::111122223333:assumed-role/ci/build", reply["Arn"]);
        Assert.Equal("2026-01-02T04:04:05Z", reply["Expiration"]);
        (await Host.OperateAsync("GET", "/v1/domain?domain=tools", reply.Session)).Ok();
        (await ExchangeAsync(Issuer.Token(), "ci", ("Policy", StsHost.Allow("sts:*")), ("DurationSeconds", "900"))).Ok();
        (await ExchangeAsync(Issuer.Token(), "ci", ("DurationSeconds", "3601"))).Is(400, "ValidationError");
        (await ExchangeAsync(Issuer.Token(), "ci", ("Policy", "{}"))).Is(400, "MalformedPolicyDocument");
        (await ExchangeAsync(Issuer.Token(), "ci", ("ProviderId", "www.amazon.com"))).Is(400, "ValidationError");
    }

    [Fact]
    public async Task Tokens_are_read_by_the_keys_kind_and_may_name_several_audiences()
    {
        (await ExchangeAsync(Issuer.Token(header: h => { h["alg"] = "ES256"; h["kid"] = "ec-1"; }, sign: data => Issuer.Ec.SignData(data, System.Security.Cryptography.HashAlgorithmName.SHA256)))).Ok();
        (await ExchangeAsync(Issuer.Token(
            header: h => { h["alg"] = "PS512"; h["typ"] = "at+jwt"; },
            sign: data => Issuer.Rsa.SignData(data, System.Security.Cryptography.HashAlgorithmName.SHA512, System.Security.Cryptography.RSASignaturePadding.Pss)))).Ok();
        Assert.Equal("sts.amazonaws.com", (await ExchangeAsync(Issuer.Token(c => c["aud"] = new JsonArray("other", "sts.amazonaws.com")))).Ok()["Audience"]);
    }

    [Fact]
    public async Task Trust_policies_compare_every_claim_that_can_be_compared()
    {
        await AddRoleAsync("main", $$$"""
            {"StringEquals":{"{{{Provider}}}:aud":"granary","{{{Provider}}}:sub":"repo:tools/shop","{{{Provider}}}:ref":"main","aws:FederatedProvider":"{{{ProviderArn}}}","sts:RoleSessionName":"build"},
             "NumericEquals":{"{{{Provider}}}:attempt":"3"},"Bool":{"{{{Provider}}}:protected":"true"},"ForAnyValue:StringEquals":{"{{{Provider}}}:amr":"otp"},
             "Null":{"{{{Provider}}}:nested":"true","aws:PrincipalArn":"true","aws:userid":"true"}}
            """);
        void Good(JsonObject claims)
        {
            claims["amr"] = new JsonArray("pwd", "otp");
            claims["nested"] = new JsonObject { ["ref"] = "main" };
        }

        (await ExchangeAsync(Issuer.Token(Good), "main")).Ok();
        foreach (var (claim, value) in new (string, JsonNode)[] { ("sub", "repo:other/shop"), ("aud", "sts.amazonaws.com"), ("ref", "feature"), ("attempt", 4), ("protected", false), ("amr", "pwd"), ("nested", "x") })
        {
            (await ExchangeAsync(Issuer.Token(c => { Good(c); c[claim] = value; }), "main")).Is(403, "AccessDenied");
        }
    }

    [Fact]
    public async Task Only_a_trust_policy_that_names_the_provider_for_this_action_lets_in()
    {
        await Host.AddRoleAsync("everybody", StsHost.Trust("\"*\"", Action));
        await Host.AddRoleAsync("account", StsHost.Trust(StsHost.By(StsHost.Owner), Action));
        await Host.AddRoleAsync("assume", StsHost.Trust($$"""{"Federated":"{{ProviderArn}}"}"""));
        await Host.AddRoleAsync("other", StsHost.Trust("""{"Federated":"arn:aws:iam::111122223333:oidc-provider/other.example"}""", Action));
        foreach (var role in new[] { "everybody", "account", "assume", "other", "missing" })
        {
            Assert.Equal("Not authorized to perform sts:AssumeRoleWithWebIdentity", (await ExchangeAsync(Issuer.Token(), role)).Is(403, "AccessDenied")["Message"]);
        }
    }

    [Fact]
    public async Task A_provider_counts_in_its_own_account_alone()
    {
        await Host.AddRoleAsync("ci", StsHost.Trust($$"""{"Federated":"{{ProviderArn}}"}""", Action), account: StsHost.Stranger);
        (await Host.CallUnsignedAsync(
            "AssumeRoleWithWebIdentity", ("RoleArn", StsHost.RoleArn("ci", StsHost.Stranger)), ("RoleSessionName", "build"), ("WebIdentityToken", Issuer.Token()))).Is(400, "InvalidIdentityToken");
    }

    [Fact]
    public async Task Tags_and_a_source_identity_of_the_token_need_the_permissions_and_count()
    {
        await AddRoleAsync("tagged", """{"StringEquals":{"aws:RequestTag/team":"red","sts:SourceIdentity":"dave"}}""", $"{Action} sts:TagSession sts:SetSourceIdentity", StsHost.Allow("sts:*"));
        await Host.AddRoleAsync("next", StsHost.Trust(StsHost.By(StsHost.Owner), "sts:AssumeRole sts:TagSession sts:SetSourceIdentity", """{"StringEquals":{"aws:PrincipalTag/team":"red","aws:SourceIdentity":"dave"},"Null":{"aws:FederatedProvider":"false"}}"""));
        var token = Issuer.Token(c =>
        {
            c["https://aws.amazon.com/tags"] = new JsonObject { ["principal_tags"] = new JsonObject { ["team"] = new JsonArray("red") }, ["transitive_tag_keys"] = new JsonArray("team") };
            c["https://aws.amazon.com/source_identity"] = "dave";
        });

        (await ExchangeAsync(token)).Is(403, "AccessDenied");
        var reply = (await ExchangeAsync(token, "tagged")).Ok();
        Assert.Equal("dave", reply["SourceIdentity"]);
        (await Host.AssumeAsync("next", reply.Session)).Ok();
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"principal_tags":{"team":[]}}""")]
    [InlineData("""{"principal_tags":{"team":["a","b"]}}""")]
    [InlineData("""{"principal_tags":{"team":null}}""")]
    [InlineData("""{"principal_tags":{"team":[{}]}}""")]
    [InlineData("""{"principal_tags":{"aws:team":"red"}}""")]
    [InlineData("""{"principal_tags":{"team":"red"},"transitive_tag_keys":["other"]}""")]
    [InlineData("""{"principal_tags":{"team":"red"},"transitive_tag_keys":[null]}""")]
    [InlineData("""{"principal_tags":{"team":"red"},"transitive_tag_keys":"team"}""")]
    public async Task Tags_that_are_malformed_are_refused(string claim)
    {
        await AddRoleAsync("tagged", "{}", $"{Action} sts:TagSession");
        (await ExchangeAsync(Issuer.Token(c => c["https://aws.amazon.com/tags"] = JsonNode.Parse(claim)), "tagged")).Is(400, "InvalidIdentityToken");
    }

    [Fact]
    public async Task Only_this_action_needs_no_signature()
    {
        using var http = new HttpClient { BaseAddress = Host.Control.Address };
        foreach (var body in new[] { "Action=GetCallerIdentity", "Action=AssumeRole", "Action=GetCallerIdentity&Action=AssumeRoleWithWebIdentity", "Action=AssumeRoleWithWebIdentity&Action=GetCallerIdentity", "Action=assumerolewithwebidentity" })
        {
            using var content = new StringContent($"{body}&Version=2011-06-15");
            Assert.Equal(403, (int)(await http.PostAsync("/", content, TestContext.Current.CancellationToken)).StatusCode);
        }

    }
}
