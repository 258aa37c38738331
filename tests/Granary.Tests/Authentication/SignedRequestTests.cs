using Granary.Core;
using Granary.Server.Authentication;
using Microsoft.AspNetCore.WebUtilities;

namespace Granary.Tests.Authentication;

public sealed class SignedRequestTests
{
    private static readonly ManualTime Clock = new(TestSigner.Now);

    private readonly SigV4 sigV4 = new(TestSigner.Region, ["codeartifact", "sts"], Clock);

    // A target and a body in which every kind of byte that canonicalisation treats in a way of its own occurs.
    private static TestRequest Rich => new TestRequest("POST", "/v1/pa%20ck/~a:b?domain=my-domain&package-group=%2Fnpm%2F%2A&empty=&b=2&b=1")
        .With(("Content-Type", "application/json"), ("X-Amz-Security-Token", "FQoGZXIvYXdzEXAMPLE"), ("X-Amz-User-Agent", "aws-sdk 1"))
        .WithText("""{"tags":[{"key":"a","value":"b"}]}""");

    [Fact]
    public void Verifies_the_examples_that_AWS_publishes()
    {
        var clock = new ManualTime(new DateTimeOffset(2015, 8, 30, 12, 36, 0, TimeSpan.Zero));
        var published = new SigV4("us-east-1", ["service", "iam"], clock);
        const string Credential = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/";

        var vanilla = new TestRequest("GET", "/")
        {
            Headers =
            [
                ("Host", "example.amazonaws.com"),
                ("X-Amz-Date", "20150830T123600Z"),
                ("Authorization", Credential + "service/aws4_request, SignedHeaders=host;x-amz-date, "
                    + "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ],
        };
        var listUsers = new TestRequest("GET", "/?Action=ListUsers&Version=2010-05-08")
        {
            Headers =
            [
                ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
                ("Host", "iam.amazonaws.com"),
                ("X-Amz-Date", "20150830T123600Z"),
                ("Authorization", Credential + "iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, "
                    + "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"),
            ],
        };

        Assert.Null(vanilla.Judge(published));
        Assert.Null(listUsers.Judge(published));
    }

    [Fact]
    public void Tells_who_signed_what_and_when()
    {
        var hash = Rich.BodyHash;
        var signed = sigV4.Read(Rich.With(("X-Amz-Content-Sha256", hash)).Signed().ToContext())!;

        signed.Verify(TestSigner.Secret, hash);
        Assert.Equal(TestSigner.KeyId, signed.AccessKeyId);
        Assert.Equal(TestSigner.Region, signed.Region);
        Assert.Equal("codeartifact", signed.Service);
        Assert.Equal(TestSigner.Now, signed.Date);
        Assert.Equal("FQoGZXIvYXdzEXAMPLE", signed.SessionToken);
        Assert.Equal(hash, signed.DeclaredPayloadHash);
    }

    [Fact]
    public void A_request_without_a_signature_is_none() => Assert.Null(sigV4.Read(new TestRequest("GET", "/v1/domain?domain=a").ToContext()));

    [Theory]
    [InlineData("/")]
    [InlineData("/v1/domain/")]
    [InlineData("/v1/%64omain")]
    [InlineData("/v1/a%2Fb/%25/%C3%A9")]
    [InlineData("/v1/a+b;c=d,e@f(g)!*'$")]
    [InlineData("/v1/...")]
    [InlineData("/?")]
    [InlineData("/?a")]
    [InlineData("/?a=&b&=c&&")]
    [InlineData("/?a=1=2&a=1&A=0&a=")]
    [InlineData("/?q=a+b%20c%2Bd")]
    [InlineData("/?q=~%7E-_.!*'()")]
    [InlineData("/?q=%c3%a9&%E2%82%AC=1")]
    [InlineData("/?a-b=1&a=2&a%2Fb=3&aa=4")]
    public void Verifies_every_target_that_can_be_signed(string target) =>
        Assert.Null(new TestRequest("GET", target).Signed().Judge(sigV4));

    [Fact]
    public void Every_flipped_bit_of_the_target_is_noticed_or_changes_nothing()
    {
        var signed = Rich.Signed();
        Assert.Null(signed.Judge(sigV4));
        var noticed = 0;
        foreach (var target in Flips(signed.Target))
        {
            if (signed with { Target = target } is var flipped && flipped.Judge(sigV4) is null)
            {
                // %2F and %2f are one byte, written in two ways.
                Assert.Equal(Parameters(signed.Target), Parameters(target));
                Assert.Equal(signed.Target.Split('?')[0], target.Split('?')[0]);
            }
            else
            {
                noticed++;
            }
        }

        Assert.True(noticed > signed.Target.Length * 7);
    }

    [Fact]
    public void Every_flipped_bit_of_the_method_the_signed_headers_and_the_body_is_refused()
    {
        var signed = Rich.Signed();
        foreach (var method in Flips(signed.Method))
        {
            Assert.NotNull((signed with { Method = method }).Judge(sigV4));
        }

        foreach (var (name, value) in signed.Headers.Where(h => h.Name != "Authorization"))
        {
            foreach (var flipped in Flips(value))
            {
                Assert.NotNull(signed.Replacing(name, flipped).Judge(sigV4));
            }
        }

        for (var bit = 0; bit < signed.Body.Length * 8; bit++)
        {
            var body = signed.Body.ToArray();
            body[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotNull((signed with { Body = body }).Judge(sigV4));
        }
    }

    [Fact]
    public void Every_flipped_bit_of_the_authorization_header_is_refused()
    {
        var signed = Rich.Signed();
        var value = signed.Headers.Single(h => h.Name == "Authorization").Value;
        // The access key's id selects the secret and is not in the text that is signed.
        var keyStart = value.IndexOf(TestSigner.KeyId, StringComparison.Ordinal);
        for (var i = 0; i < value.Length; i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var flipped = value[..i] + (char)(value[i] ^ (1 << bit)) + value[(i + 1)..];
                if (i < keyStart || i >= keyStart + TestSigner.KeyId.Length)
                {
                    Assert.NotNull(signed.Replacing("Authorization", flipped).Judge(sigV4));
                }
            }
        }
    }

    [Fact]
    public void A_signature_is_bound_to_the_secret()
    {
        Assert.Equal(AuthenticationFailure.InvalidCode, Rich.Signed().Judge(sigV4, TestSigner.Secret + "x"));
        Assert.Null(Rich.Signed().Judge(sigV4));
        // The same access key with another secret must not meet the key that was derived from the first.
        Assert.Equal(AuthenticationFailure.InvalidCode, Rich.Signed().Judge(sigV4, ""));
    }

    [Fact]
    public void Blanks_around_and_within_header_values_count_as_one()
    {
        var signed = Rich.With(("X-Amz-Meta", "a b,c")).Signed();

        Assert.Null(signed.Replacing("X-Amz-Meta", "  a \t  b,c ").Judge(sigV4));
        Assert.NotNull(signed.Replacing("X-Amz-Meta", "ab,c").Judge(sigV4));
    }

    [Fact]
    public void Header_lines_of_one_name_are_signed_in_their_order()
    {
        var signed = Rich.With(("X-Amz-Meta", "b"), ("X-Amz-Meta", "a")).Signed();
        Assert.Null(signed.Judge(sigV4));
        var swapped = signed with { Headers = [.. signed.Headers.Select(h => h.Name == "X-Amz-Meta" ? (h.Name, h.Value == "a" ? "b" : "a") : h)] };
        Assert.Equal(AuthenticationFailure.InvalidCode, swapped.Judge(sigV4));
    }

    [Fact]
    public void The_Date_header_stands_in_for_X_Amz_Date_when_it_is_signed()
    {
        var request = Rich.Without("X-Amz-Date").With(("Date", "Fri, 02 Jan 2026 03:04:05 GMT"));
        Assert.Null(request.Signed().Judge(sigV4));

        var unsigned = request.Signed(new TestSigner { SignedHeaders = "content-type;host;x-amz-security-token;x-amz-user-agent" });
        Assert.Equal(AuthenticationFailure.IncompleteCode, unsigned.Judge(sigV4));
    }

    [Fact]
    public void A_signature_over_the_configured_public_host_is_good_behind_a_proxy_that_replaces_it()
    {
        var proxied = Rich.Signed().Replacing("Host", "10.0.0.7:8080").With(("X-Forwarded-Host", TestRequest.Host));

        Assert.Equal(AuthenticationFailure.InvalidCode, proxied.Judge(sigV4));
        Assert.Null(proxied.Judge(new SigV4(TestSigner.Region, ["codeartifact"], Clock, TestRequest.Host)));
        Assert.Equal(
            AuthenticationFailure.InvalidCode, proxied.Judge(new SigV4(TestSigner.Region, ["codeartifact"], Clock, "other.example")));
    }

    [Fact]
    public void A_refusal_tells_neither_the_secret_nor_the_signature_that_would_be_right()
    {
        var good = Rich.Signed().Headers[^1].Value[^64..];
        var wrong = Rich.Signed(new TestSigner { PayloadHash = new string('0', 64) });

        var refusal = Assert.Throws<Refusal>(() => sigV4.Read(wrong.ToContext())!.Verify(TestSigner.Secret, Rich.BodyHash));

        Assert.DoesNotContain(good, refusal.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(TestSigner.Secret, refusal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(TestSigner.KeyId, refusal.ToString(), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Flips(string text) =>
        from i in Enumerable.Range(0, text.Length)
        from bit in Enumerable.Range(0, 8)
        select text[..i] + (char)(text[i] ^ (1 << bit)) + text[(i + 1)..];

    private static List<string> Parameters(string target) =>
        [.. QueryHelpers.ParseQuery(target.Split('?', 2).ElementAtOrDefault(1)).Select(p => $"{p.Key}={p.Value}")];
}
