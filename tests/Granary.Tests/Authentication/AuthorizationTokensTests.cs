using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Granary.Server.Authentication;

namespace Granary.Tests.Authentication;

public sealed class AuthorizationTokensTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("granary-").FullName;
    private readonly ManualTime clock = new(TestSigner.Now);
    private readonly AuthorizationTokens tokens;

    public AuthorizationTokensTests() => tokens = new AuthorizationTokens(directory, clock);

    private AuthorizationToken Token => new(
        "0123456789abcdef0123456789abcdef",
        "arn:aws:iam::123456789012:user/dev/ana",
        "AIDAEXAMPLE0000000001",
        "123456789012",
        long.MaxValue,
        clock.GetUtcNow().ToUnixTimeSeconds(),
        clock.GetUtcNow().ToUnixTimeSeconds() + 900);

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_token_says_what_was_put_into_it()
    {
        var text = tokens.Issue(Token);

        Assert.StartsWith("eyJ", text, StringComparison.Ordinal);
        Assert.Equal(Token, tokens.Verify(text));
        Assert.Equal(Token, tokens.Verify(text));
        Assert.Equal(Token, new AuthorizationTokens(directory, clock).Verify(text));
        Assert.Equal(32, AuthorizationToken.NewId().Length);
        Assert.NotEqual(AuthorizationToken.NewId(), AuthorizationToken.NewId());
    }

    [Fact]
    public void A_token_is_refused_from_the_second_of_its_expiry_even_when_it_is_remembered()
    {
        var text = tokens.Issue(Token);
        clock.Advance(TimeSpan.FromSeconds(899.999));
        Assert.NotNull(tokens.Verify(text));
        clock.Advance(TimeSpan.FromSeconds(0.001));
        Assert.Null(tokens.Verify(text));
        Assert.Null(new AuthorizationTokens(directory, clock).Verify(text));
    }

    [Fact]
    public void Every_changed_character_is_refused()
    {
        var text = tokens.Issue(Token);
        Assert.NotNull(tokens.Verify(text));
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ é";
        for (var i = 0; i < text.Length; i++)
        {
            foreach (var other in Alphabet.Where(other => other != text[i]))
            {
                Assert.Null(tokens.Verify(text[..i] + other + text[(i + 1)..]));
            }

            Assert.Null(tokens.Verify(text.AsSpan(0, i)));
            Assert.Null(tokens.Verify(text.Remove(i, 1)));
        }

        Assert.Null(tokens.Verify(text + "="));
        Assert.Null(tokens.Verify(text + "A"));
        Assert.Null(tokens.Verify(" " + text));
    }

    [Theory]
    [InlineData("""{"alg":"none"}""")]
    [InlineData("""{"alg":"nOnE","kid":"$kid","typ":"JWT"}""")]
    [InlineData("""{"alg":"HS512","kid":"$kid","typ":"JWT"}""")]
    [InlineData("""{"alg":"ES256","kid":"$kid","typ":"JWT"}""")]
    [InlineData("""{"alg":"HS256","kid":"$kid"}""")]
    [InlineData("""{"kid":"$kid","alg":"HS256","typ":"JWT"}""")]
    [InlineData("""{"alg": "HS256","kid":"$kid","typ":"JWT"}""")]
    [InlineData("""{"alg":"HS256","kid":"../../dev/null","typ":"JWT"}""")]
    [InlineData("""{"alg":"HS256","kid":"' OR 1=1--","typ":"JWT"}""")]
    [InlineData("""{"alg":"HS256","kid":"$kid","typ":"JWT","jwk":{"kty":"oct","k":"AAAA"}}""")]
    [InlineData("""{"alg":"HS256","kid":"$kid","typ":"JWT","jku":"http://127.0.0.1/"}""")]
    [InlineData("""{"alg":"HS256","kid":"$kid","typ":"JWT","crit":["x"]}""")]
    [InlineData("""{"alg":"HS256","kid":"$kid","typ":"JWT","b64":false}""")]
    public void Every_header_but_the_one_of_the_key_is_refused_whatever_signed_it(string header)
    {
        var (kid, secret) = Key();
        var payload = tokens.Issue(Token).Split('.')[1];
        var encoded = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.Replace("$kid", kid, StringComparison.Ordinal)));

        Assert.Null(tokens.Verify(Sign(encoded, payload, secret)));
        Assert.Null(tokens.Verify(Sign(encoded, payload, [])));
        Assert.Null(tokens.Verify($"{encoded}.{payload}."));
        Assert.Null(tokens.Verify($"{encoded}.{payload}"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("""{"jti":"a","sub":"b","pid":"i","acct":"c","dom":1,"iat":1}""")]
    [InlineData("""{"jti":"a","sub":"b","pid":"i","acct":"c","dom":1,"iat":1,"exp":"9999999999"}""")]
    [InlineData("""{"jti":"a","sub":"b","pid":"i","acct":"c","dom":1,"iat":1,"exp":1e400}""")]
    [InlineData("""{"jti":"a","sub":null,"pid":"i","acct":"c","dom":1,"iat":1,"exp":9999999999}""")]
    [InlineData("""{"jti":"a","sub":["b"],"pid":"i","acct":"c","dom":1,"iat":1,"exp":9999999999}""")]
    public void A_payload_that_is_not_whole_is_refused_even_with_the_right_signature(string payload)
    {
        var (_, secret) = Key();
        var header = tokens.Issue(Token).Split('.')[0];
        // The same way of signing is right for a whole payload.
        const string Whole = """{"jti":"a","sub":"b","pid":"i","acct":"c","dom":1,"iat":1,"exp":9999999999}""";
        Assert.NotNull(tokens.Verify(Sign(header, Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Whole)), secret)));

        Assert.Null(tokens.Verify(Sign(header, Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload)), secret)));
        Assert.Null(tokens.Verify(Sign(header, "!" + payload, secret)));
    }

    [Fact]
    public void What_is_no_token_is_refused()
    {
        foreach (var text in (string[])["", ".", "..", "...", "eyJ", "a.b.c", new string('.', 4096), new string('e', 1 << 20)])
        {
            Assert.Null(tokens.Verify(text));
        }
    }

    [Fact]
    public void A_new_key_signs_and_the_old_one_verifies_as_long_as_its_tokens_live()
    {
        var old = tokens.Issue(Token);
        var rotated = new AuthorizationTokens(TokenKeys.Rotate(directory, clock), clock);
        var fresh = rotated.Issue(Token);

        Assert.NotEqual(old.Split('.')[0], fresh.Split('.')[0]);
        Assert.Equal(Token, rotated.Verify(old));
        Assert.Equal(Token, rotated.Verify(fresh));
        Assert.Null(tokens.Verify(fresh));
        Assert.Equal(fresh.Split('.')[0], new AuthorizationTokens(directory, clock).Issue(Token).Split('.')[0]);

        clock.Advance(TimeSpan.FromHours(12) - TimeSpan.FromSeconds(1));
        Assert.Equal(3, KeyCountAfterRotation());
        clock.Advance(TimeSpan.FromHours(13));
        Assert.Equal(2, KeyCountAfterRotation());
    }

    [Fact]
    public void Two_installations_share_no_key()
    {
        var other = Directory.CreateTempSubdirectory("granary-").FullName;
        try
        {
            Assert.Null(new AuthorizationTokens(other, clock).Verify(tokens.Issue(Token)));
            Assert.NotEqual(Key().Secret, KeyIn(other).Secret);
        }
        finally
        {
            Directory.Delete(other, recursive: true);
        }
    }

    [Fact]
    public void A_damaged_key_file_stops_the_start()
    {
        File.WriteAllText(Path.Combine(directory, "keys", "tokens.json"), """{"keys":[{"id":"a","created":1,"secret":"AAAA"}]}""");
        Assert.Throws<InvalidDataException>(() => new AuthorizationTokens(directory, clock));
        File.WriteAllText(Path.Combine(directory, "keys", "tokens.json"), "");
        Assert.Throws<InvalidDataException>(() => new AuthorizationTokens(directory, clock));
    }

    [Fact]
    public void A_remembered_token_is_verified_without_allocating()
    {
        var text = tokens.Issue(Token);
        for (var i = 0; i < 100; i++)
        {
            tokens.Verify(text);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            tokens.Verify(text);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void More_tokens_than_are_remembered_are_all_verified()
    {
        var texts = Enumerable.Range(0, 40_000).Select(i => tokens.Issue(Token with { Domain = i })).ToArray();
        for (var round = 0; round < 2; round++)
        {
            Parallel.For(0, texts.Length, i => Assert.Equal(i, tokens.Verify(texts[i])!.Domain));
        }
    }

    private static string Sign(string header, string payload, byte[] secret) =>
        $"{header}.{payload}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{header}.{payload}")))}";

    private (string Id, byte[] Secret) Key() => KeyIn(directory);

    private static (string Id, byte[] Secret) KeyIn(string directory)
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, "keys", "tokens.json")));
        var key = file.RootElement.GetProperty("keys")[0];
        return (key.GetProperty("id").GetString()!, key.GetProperty("secret").GetBytesFromBase64());
    }

    private int KeyCountAfterRotation()
    {
        _ = TokenKeys.Rotate(directory, clock);
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, "keys", "tokens.json")));
        return file.RootElement.GetProperty("keys").GetArrayLength();
    }
}
