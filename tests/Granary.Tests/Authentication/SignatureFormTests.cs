using Granary.Core;
using Granary.Server.Authentication;

namespace Granary.Tests.Authentication;

/// <summary>Requests whose signature is right for what they say, and which must be refused for what they say.</summary>
public sealed class SignatureFormTests
{
    private const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private readonly ManualTime clock = new(TestSigner.Now);
    private readonly SigV4 sigV4;

    public SignatureFormTests() => sigV4 = new SigV4(TestSigner.Region, ["codeartifact", "sts"], clock);

    private static TestRequest Request => new("GET", "/v1/domain?domain=my-domain");

    [Theory]
    [InlineData("X-Amz-Security-Token")]
    [InlineData("x-amz-target")]
    [InlineData("X-AMZ-FOO")]
    [InlineData("X-Amz-Content-Sha256")]
    public void Refuses_an_amz_header_that_is_not_signed(string name)
    {
        var added = Request.Signed().With((name, EmptyHash));
        Assert.Equal(AuthenticationFailure.InvalidCode, added.Judge(sigV4));
        Assert.Null(Request.With((name, EmptyHash)).Signed().Judge(sigV4));
    }

    [Theory]
    [InlineData("X-Amz-Date", TestSigner.Date)]
    [InlineData("X-Amz-Security-Token", "a")]
    [InlineData("X-Amz-Content-Sha256", EmptyHash)]
    [InlineData("Authorization", "Bearer x")]
    [InlineData("Host", TestRequest.Host)]
    public void Refuses_two_headers_of_a_name_that_must_be_one(string name, string value)
    {
        var request = name is "X-Amz-Date" or "Host" or "Authorization" ? Request.With((name, value)) : Request.With((name, value), (name, value));
        Assert.Equal(AuthenticationFailure.IncompleteCode, request.Signed().Judge(sigV4));
    }

    [Theory]
    [InlineData("x-amz-date", AuthenticationFailure.InvalidCode)] // host is missing
    [InlineData("host", AuthenticationFailure.InvalidCode)] // the date is missing
    [InlineData("absent;host;x-amz-date", AuthenticationFailure.InvalidCode)]
    [InlineData("x-amz-date;host", AuthenticationFailure.IncompleteCode)]
    [InlineData("Host;x-amz-date", AuthenticationFailure.IncompleteCode)]
    [InlineData("host;host;x-amz-date", AuthenticationFailure.IncompleteCode)]
    [InlineData("host;x-amz-date;", AuthenticationFailure.IncompleteCode)]
    [InlineData(";host;x-amz-date", AuthenticationFailure.IncompleteCode)]
    [InlineData("host; x-amz-date", AuthenticationFailure.IncompleteCode)]
    [InlineData("", AuthenticationFailure.IncompleteCode)]
    public void Refuses_a_list_of_signed_headers_that_is_not_canonical(string list, string code) =>
        Assert.Equal(code, Request.Signed(new TestSigner { SignedHeaders = list }).Judge(sigV4));

    [Theory]
    [InlineData("UNSIGNED-PAYLOAD")]
    [InlineData("STREAMING-UNSIGNED-PAYLOAD-TRAILER")]
    [InlineData("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")]
    [InlineData("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER")]
    [InlineData("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [InlineData("")]
    public void Refuses_a_payload_that_is_not_signed_by_its_hash(string hash)
    {
        var declared = Request.With(("X-Amz-Content-Sha256", hash)).Signed(new TestSigner { PayloadHash = hash });
        // Already when it is read: a body that is streamed is verified with what the header declares.
        var refusal = Assert.Throws<Refusal>(() => sigV4.Read(declared.ToContext()));
        Assert.Equal(AuthenticationFailure.InvalidCode, refusal.Code);
        Assert.Equal(AuthenticationFailure.InvalidCode, Request.Signed(new TestSigner { PayloadHash = hash }).Judge(sigV4));
    }

    [Fact]
    public void Refuses_a_body_that_is_not_the_one_that_was_declared()
    {
        var declared = Request.WithText("a").With(("X-Amz-Content-Sha256", EmptyHash));
        Assert.Equal(AuthenticationFailure.InvalidCode, declared.Signed().Judge(sigV4));
        Assert.Equal(AuthenticationFailure.InvalidCode, declared.Signed(new TestSigner { PayloadHash = declared.BodyHash }).Judge(sigV4));
        Assert.Equal(AuthenticationFailure.InvalidCode, (Request.WithText("a").Signed() with { Body = "b"u8.ToArray() }).Judge(sigV4));
    }

    [Theory]
    [InlineData("X-Amz-Credential=AKIAOTHER%2F20260102%2Feu-central-1%2Fcodeartifact%2Faws4_request")]
    [InlineData("x-amz-signature=00")]
    [InlineData("X-%41mz-Algorithm=AWS4-HMAC-SHA256")]
    [InlineData("X-Amz-Expires=604801")]
    public void Refuses_a_credential_in_the_query_with_or_without_a_header(string parameter)
    {
        var request = new TestRequest("GET", $"/v1/domain?domain=a&{parameter}");
        Assert.Equal(AuthenticationFailure.IncompleteCode, request.Judge(sigV4));
        Assert.Equal(AuthenticationFailure.IncompleteCode, request.Signed().Judge(sigV4));
    }

    [Theory]
    [InlineData("AWS4-HMAC-SHA1")]
    [InlineData("AWS4-ECDSA-P256-SHA256")]
    [InlineData("aws4-hmac-sha256")]
    [InlineData("AWS3-HMAC-SHA256")]
    [InlineData("Bearer AWS4-HMAC-SHA256")]
    [InlineData("")]
    public void Refuses_every_other_algorithm(string algorithm) =>
        Assert.Equal(AuthenticationFailure.IncompleteCode, Request.Signed(new TestSigner { Algorithm = algorithm }).Judge(sigV4));

    [Theory]
    [InlineData("AWS AKIAEXAMPLE:c2lnbmF0dXJl")]
    [InlineData("Bearer eyJhbGciOiJub25lIn0.e30.")]
    [InlineData("AWS4-HMAC-SHA256")]
    [InlineData("AWS4-HMAC-SHA256 ")]
    [InlineData("AWS4-HMAC-SHA256 Credential=, SignedHeaders=, Signature=")]
    public void Refuses_what_is_no_signature(string value) =>
        Assert.Equal(AuthenticationFailure.IncompleteCode, Request.With(("Authorization", value)).Judge(sigV4));

    [Theory]
    [InlineData(", Signature=", ", Signature=00, Signature=")]
    [InlineData(" Credential=", " Credential=a/b/c/d/aws4_request,Credential=")]
    [InlineData(", SignedHeaders=", ", Extra=1, SignedHeaders=")]
    [InlineData(", SignedHeaders=", " SignedHeaders=")]
    [InlineData(", Signature=", ", signature=")]
    public void Refuses_fields_that_are_repeated_unknown_or_run_together(string field, string replacement)
    {
        var signed = Request.Signed();
        var value = signed.Headers[^1].Value;
        Assert.Equal(
            AuthenticationFailure.IncompleteCode,
            signed.Replacing("Authorization", value.Replace(field, replacement, StringComparison.Ordinal)).Judge(sigV4));
    }

    [Fact]
    public void Takes_the_fields_in_any_order_and_without_blanks()
    {
        var signed = Request.Signed();
        var parts = signed.Headers[^1].Value["AWS4-HMAC-SHA256 ".Length..].Split(", ");
        Assert.Null(signed.Replacing("Authorization", $"AWS4-HMAC-SHA256 {parts[2]},{parts[0]},{parts[1]}").Judge(sigV4));
    }

    public static TheoryData<string, string> Scopes => new()
    {
        { "Region", AuthenticationFailure.InvalidCode },
        { "Service", AuthenticationFailure.InvalidCode },
        { "Date", AuthenticationFailure.InvalidCode },
        { "Terminator", AuthenticationFailure.IncompleteCode },
        { "Slash", AuthenticationFailure.IncompleteCode },
        { "Segments", AuthenticationFailure.IncompleteCode },
        { "EmptyKey", AuthenticationFailure.IncompleteCode },
        { "LongKey", AuthenticationFailure.IncompleteCode },
        { "UnicodeKey", AuthenticationFailure.IncompleteCode },
    };

    [Theory]
    [MemberData(nameof(Scopes))]
    public void Refuses_a_scope_that_is_not_this_servers(string what, string code)
    {
        var signer = what switch
        {
            "Region" => new TestSigner { ScopeRegion = "us-east-1" },
            "Service" => new TestSigner { Service = "s3" },
            "Date" => new TestSigner { ScopeDate = "20260101" },
            "Terminator" => new TestSigner { Terminator = "aws4_requestx" },
            "Slash" => new TestSigner { Key = "AKIA/EXAMPLE" },
            "Segments" => new TestSigner { Terminator = "aws4_request/aws4_request" },
            "EmptyKey" => new TestSigner { Key = "" },
            "LongKey" => new TestSigner { Key = new string('A', 129) },
            _ => new TestSigner { Key = "AKIÄ" },
        };
        Assert.Equal(code, Request.Signed(signer).Judge(sigV4));
    }

    [Fact]
    public void Takes_every_service_of_the_server() => Assert.Null(Request.Signed(new TestSigner { Service = "sts" }).Judge(sigV4));

    [Theory]
    [InlineData(-300, true)]
    [InlineData(-301, false)]
    [InlineData(300, true)]
    [InlineData(301, false)]
    public void A_signature_is_good_for_five_minutes_on_either_side(int seconds, bool good)
    {
        clock.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(good ? null : AuthenticationFailure.InvalidCode, Request.Signed().Judge(sigV4));
        if (!good)
        {
            var refusal = Assert.Throws<Refusal>(() => sigV4.Read(Request.Signed().ToContext()));
            Assert.Contains(seconds < 0 ? "20260102T025904Z" : "20260102T030906Z", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("00010101T000000Z", AuthenticationFailure.InvalidCode)]
    [InlineData("99991231T235959Z", AuthenticationFailure.InvalidCode)]
    [InlineData("20260102T030460Z", AuthenticationFailure.IncompleteCode)]
    [InlineData("260102T030405Z", AuthenticationFailure.IncompleteCode)]
    [InlineData("20260102T030405", AuthenticationFailure.IncompleteCode)]
    [InlineData("20260102T030405+0000", AuthenticationFailure.IncompleteCode)]
    [InlineData("2026-01-02T03:04:05Z", AuthenticationFailure.IncompleteCode)]
    [InlineData(" 20260102T030405Z", AuthenticationFailure.IncompleteCode)]
    [InlineData("20260102T030405Z\0", AuthenticationFailure.IncompleteCode)]
    [InlineData("２０２６0102T030405Z", AuthenticationFailure.IncompleteCode)]
    public void Refuses_dates_of_another_form_or_age(string date, string code)
    {
        var request = Request.Replacing("X-Amz-Date", date);
        Assert.Equal(code, request.Signed(new TestSigner { Timestamp = date }).Judge(sigV4));
    }

    [Fact]
    public void Refuses_a_request_without_a_date() =>
        Assert.Equal(AuthenticationFailure.IncompleteCode, Request.Without("X-Amz-Date").Signed().Judge(sigV4));

    [Theory]
    [InlineData("/v1/x/../domain")]
    [InlineData("/v1/./domain")]
    [InlineData("/v1//domain")]
    [InlineData("/v1/domain/..")]
    [InlineData("/v1/package/versions//..")]
    [InlineData("/v1/%2e%2E/domain")]
    [InlineData("/v1/.%2e/domain")]
    [InlineData("//")]
    public void Refuses_paths_that_the_router_and_the_signature_would_read_differently(string path) =>
        Assert.Equal(AuthenticationFailure.InvalidCode, new TestRequest("GET", path).Signed().Judge(sigV4));

    [Theory]
    [InlineData("http://granary.example/v1/domain")]
    [InlineData("*")]
    [InlineData("")]
    [InlineData("/v1/domain?a=%")]
    [InlineData("/v1/domain?a=%4")]
    [InlineData("/v1/domain?a=%zz")]
    [InlineData("/v1/domain?a=%ff")]
    [InlineData("/v1/domain?a=%c0%af")]
    public void Refuses_targets_that_have_no_single_meaning(string target) =>
        Assert.Equal(AuthenticationFailure.IncompleteCode, new TestRequest("GET", target).Signed().Judge(sigV4));

    [Fact]
    public void Refuses_signatures_that_are_not_64_lower_case_digits()
    {
        var signed = Request.Signed();
        var value = signed.Headers[^1].Value;
        var (head, signature) = (value[..^64], value[^64..]);
        foreach (var other in (string[])[signature.ToUpperInvariant(), signature[1..], signature + "0", "", signature[1..] + "１"])
        {
            Assert.Equal(AuthenticationFailure.IncompleteCode, signed.Replacing("Authorization", head + other).Judge(sigV4));
        }
    }

    [Fact]
    public void Refuses_oversized_requests_at_once()
    {
        var headers = string.Join(';', Enumerable.Range(0, 65).Select(i => $"h{i:00}"));
        TestRequest[] oversized =
        [
            Request.Signed(new TestSigner { SignedHeaders = new string('h', 8192) }),
            Request.With([.. headers.Split(';').Select(name => (name, "1"))]).Signed(),
            Request.With(("Authorization", "AWS4-HMAC-SHA256 " + new string(',', 1 << 20))),
            new TestRequest("GET", "/?" + string.Join('&', Enumerable.Range(0, 10_000))).Signed(),
        ];
        foreach (var request in oversized)
        {
            var context = request.ToContext();
            var best = Best.OfFive(
                () => Assert.Equal(AuthenticationFailure.IncompleteCode, Assert.Throws<Refusal>(() => sigV4.Read(context)).Code));
            Assert.InRange(best.TotalMilliseconds, 0, 50);
        }
    }
}
