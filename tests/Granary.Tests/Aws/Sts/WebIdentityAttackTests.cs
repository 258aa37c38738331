using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Granary.Tests.Aws.Sts;

/// <summary>Tokens that are not what they say.</summary>
public sealed class WebIdentityAttackTests : WebIdentityContext
{
    [Theory]
    [InlineData("none")]
    [InlineData("nOnE")]
    [InlineData("HS256")]
    [InlineData("rs256")]
    [InlineData("RS1")]
    [InlineData("")]
    public async Task An_algorithm_that_proves_nothing_is_none(string algorithm)
    {
        await RefusedAsync(Issuer.Token(header: h => h["alg"] = algorithm));
        await RefusedAsync(Issuer.Token(header: h => h["alg"] = algorithm, sign: _ => []));
    }

    [Fact]
    public async Task A_public_key_is_no_secret_in_whatever_form()
    {
        byte[][] secrets =
        [
            Encoding.ASCII.GetBytes(Issuer.Rsa.ExportSubjectPublicKeyInfoPem()), Encoding.ASCII.GetBytes(Issuer.Rsa.ExportRSAPublicKeyPem()),
            Issuer.Rsa.ExportSubjectPublicKeyInfo(), Issuer.Rsa.ExportParameters(false).Modulus!, Encoding.UTF8.GetBytes(Issuer.RsaJwk("rsa-1").ToJsonString()),
        ];
        foreach (var secret in secrets)
        {
            await RefusedAsync(Issuer.Token(header: h => h["alg"] = "HS256", sign: data => HMACSHA256.HashData(secret, data)));
        }
    }

    [Fact]
    public async Task A_key_is_used_with_the_algorithms_of_its_kind_and_with_the_one_that_it_names()
    {
        Issuer.Keys.Add(Issuer.RsaJwk("rsa-pss", "PS256"));
        Issuer.Keys.Add(Issuer.RsaJwk("rsa-enc"));
        Issuer.Keys[3]!["use"] = "enc";
        await RefusedAsync(Issuer.Token(header: h => h["kid"] = "rsa-pss"));
        await RefusedAsync(Issuer.Token(header: h => h["kid"] = "rsa-enc"));
        await RefusedAsync(Issuer.Token(header: h => h["kid"] = "ec-1"));
        await RefusedAsync(Issuer.Token(header: h => { h["alg"] = "ES256"; h["kid"] = "rsa-1"; }, sign: data => Issuer.Ec.SignData(data, HashAlgorithmName.SHA256)));
        await RefusedAsync(Issuer.Token(header: h => { h["alg"] = "ES384"; h["kid"] = "ec-1"; }, sign: data => Issuer.Ec.SignData(data, HashAlgorithmName.SHA384)));
    }

    [Fact]
    public async Task Signatures_of_nothing_of_zeros_of_somebody_else_or_over_something_else_are_refused()
    {
        await RefusedAsync(Issuer.Token(header: h => { h["alg"] = "ES256"; h["kid"] = "ec-1"; }, sign: _ => new byte[64]));
        await RefusedAsync(Issuer.Token(sign: _ => new byte[256]));
        using var other = RSA.Create(2048);
        await RefusedAsync(Issuer.Token(sign: data => other.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
        var good = Issuer.Token().Split('.');
        var forged = Issuer.Token(c => c["sub"] = "repo:other/shop").Split('.');
        await RefusedAsync($"{good[0]}.{forged[1]}.{good[2]}");
        await RefusedAsync($"{good[0]}.{good[1]}.");
        await RefusedAsync($"{good[0]}.{good[1]}");
        await RefusedAsync($"{good[0]}.{good[1]}.{good[2]}.{good[2]}.{good[2]}");
        await RefusedAsync($"{good[0]}.{good[1]}.{good[2]}=");
        await RefusedAsync($" {good[0]}.{good[1]}.{good[2]}");
        await RefusedAsync("....");
    }

    [Theory]
    [InlineData("jwk", "{\"kty\":\"RSA\"}")]
    [InlineData("jku", "\"ISSUER/evil\"")]
    [InlineData("x5u", "\"ISSUER/evil\"")]
    [InlineData("crit", "[\"x\"]")]
    [InlineData("b64", "false")]
    [InlineData("zip", "\"DEF\"")]
    public async Task Headers_that_bring_keys_or_change_the_rules_are_refused_and_nothing_is_fetched(string name, string value)
    {
        using var attacker = RSA.Create(2048);
        var node = JsonNode.Parse(value.Replace("ISSUER", Issuer.Name, StringComparison.Ordinal));
        await RefusedAsync(Issuer.Token(header: h => h[name] = node!.DeepClone()));
        await RefusedAsync(Issuer.Token(header: h => h[name] = node!.DeepClone(), sign: data => attacker.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)));
        Assert.Empty(Issuer.Requests);
    }

    [Theory]
    [InlineData("../../dev/null")]
    [InlineData("' OR 1=1--")]
    [InlineData("RSA-1")]
    [InlineData("http://127.0.0.1/evil")]
    [InlineData("")]
    public async Task A_key_id_is_compared_and_never_used_as_anything_else(string kid)
    {
        await RefusedAsync(Issuer.Token(header: h => h["kid"] = kid));
        Assert.All(Issuer.Requests, path => Assert.Contains(path, new[] { "/.well-known/openid-configuration", "/keys" }));
    }

    [Fact]
    public async Task Tokens_of_other_kinds_are_refused()
    {
        await RefusedAsync(Issuer.Token(header: h => h["typ"] = "logout+jwt"));
        await RefusedAsync(Issuer.Token(header: h => h["typ"] = 1));
        await RefusedAsync(Issuer.Token(header: h => h.Remove("kid")));
    }

    [Fact]
    public async Task Claims_must_be_this_issuers_for_this_audience_about_somebody()
    {
        await RefusedAsync(c => c["iss"] = Issuer.Name + "/");
        await RefusedAsync(c => c["iss"] = Issuer.Name.Replace("http", "https", StringComparison.Ordinal));
        await RefusedAsync(c => c["iss"] = new JsonArray(Issuer.Name));
        await RefusedAsync(c => c.Remove("iss"));
        await RefusedAsync(c => c["aud"] = "other");
        await RefusedAsync(c => c["aud"] = "granary\nsts.amazonaws.com");
        await RefusedAsync(c => c["aud"] = "");
        await RefusedAsync(c => c["aud"] = new JsonArray("granary", 1));
        await RefusedAsync(c => c["aud"] = new JsonArray());
        await RefusedAsync(c => c["aud"] = new JsonObject { ["granary"] = "granary" });
        await RefusedAsync(c => c.Remove("aud"));
        await RefusedAsync(c => c["sub"] = "");
        await RefusedAsync(c => c["sub"] = new string('s', 256));
        await RefusedAsync(c => c.Remove("sub"));
    }

    [Fact]
    public async Task Times_are_numbers_that_hold_now()
    {
        var now = Host.Clock.GetUtcNow().ToUnixTimeSeconds();
        (await ExchangeAsync(Issuer.Token(c => c["exp"] = now + 1))).Ok();
        await RefusedAsync(c => c["exp"] = now, "ExpiredTokenException");
        await RefusedAsync(c => c["exp"] = now - 1, "ExpiredTokenException");
        await RefusedAsync(c => c["exp"] = -1, "ExpiredTokenException");
        await RefusedAsync(c => c["exp"] = $"{now + 300}");
        await RefusedAsync(c => c["exp"] = true);
        await RefusedAsync(c => c["exp"] = null);
        await RefusedAsync(c => c.Remove("exp"));
        await RefusedAsync(Issuer.Raw(Issuer.Claims(c => c["exp"] = "EXP").ToJsonString().Replace("\"EXP\"", "1e400", StringComparison.Ordinal)));
        await RefusedAsync(c => c["nbf"] = "0");
        await RefusedAsync(c => c["iat"] = "0");
        (await ExchangeAsync(Issuer.Token(c => { c["nbf"] = now + 60; c["iat"] = now + 60; }))).Ok();
        await RefusedAsync(c => c["nbf"] = now + 61, "IDPRejectedClaim", 403);
        await RefusedAsync(c => c["iat"] = now + 61, "IDPRejectedClaim", 403);
    }

    [Theory]
    [InlineData("""{"iss":"ISSUER","sub":"repo:tools/shop","aud":"other","aud":"granary","exp":99999999999}""")]
    [InlineData("""{"iss":"ISSUER","sub":"repo:tools/shop\ud800","aud":"granary","exp":99999999999}""")]
    [InlineData("""{"iss":"ISSUER","sub":"repo:tools/shop","aud":"granary\ud800","exp":99999999999}""")]
    [InlineData("""{"iss":"ISSUER","sub":"repo:tools/shop","aud":"granary","exp":99999999999,"x":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}""")]
    [InlineData("""["ISSUER"]""")]
    [InlineData("""{"iss":"ISSUER" """)]
    [InlineData("null")]
    [InlineData("")]
    public async Task Claims_that_can_be_read_in_two_ways_are_not_read(string claims) =>
        await RefusedAsync(Issuer.Raw(claims.Replace("ISSUER", Issuer.Name, StringComparison.Ordinal)));

    [Fact]
    public async Task A_token_has_at_most_twenty_thousand_characters()
    {
        var reply = await ExchangeAsync(Issuer.Token(c => c["pad"] = new string('p', 15_000)));
        Assert.True(reply.Status is 400, reply.Root.ToString());
        (await ExchangeAsync(Issuer.Token(c => c["pad"] = new string('p', 10_000)))).Ok();
    }

    [Fact]
    public async Task A_token_may_be_exchanged_again_while_it_is_good_as_with_AWS()
    {
        var token = Issuer.Token(c => c["jti"] = "once");
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ExchangeAsync(token)));
        Assert.Equal(20, replies.Select(r => r.Ok()["AccessKeyId"]).Distinct().Count());
        Assert.Equal(2, Issuer.Requests.Count);
    }
}
