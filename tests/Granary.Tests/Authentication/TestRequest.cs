using System.Security.Cryptography;
using System.Text;
using Granary.Server.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Granary.Tests.Authentication;

/// <summary>A request as it is on the wire: nothing in it is decoded or normalised.</summary>
internal sealed record TestRequest(string Method, string Target)
{
    public const string Host = "granary.example:8443";

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } =
        [("Host", Host), ("X-Amz-Date", TestSigner.Date)];

    public byte[] Body { get; init; } = [];

    public string BodyHash => Convert.ToHexStringLower(SHA256.HashData(Body));

    public TestRequest With(params (string Name, string Value)[] headers) => this with { Headers = [.. Headers, .. headers] };

    public TestRequest Without(string name) => this with { Headers = [.. Headers.Where(h => h.Name != name)] };

    public TestRequest Replacing(string name, string value) =>
        this with { Headers = [.. Headers.Select(h => h.Name == name ? (name, value) : h)] };

    public TestRequest WithText(string body) => this with { Body = Encoding.UTF8.GetBytes(body) };

    public TestRequest Signed(TestSigner? signer = null) => With(("Authorization", (signer ?? new TestSigner()).Authorization(this)));

    public HttpContext ToContext()
    {
        var headers = new HeaderDictionary();
        foreach (var (name, value) in Headers)
        {
            headers[name] = StringValues.Concat(headers[name], value);
        }

        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Method = Method,
            RawTarget = Target,
            Headers = headers,
            Body = new MemoryStream(Body),
        });
        return context;
    }

    /// <summary>Reads and verifies; null where the request is good, else the AWS name of the refusal.</summary>
    public string? Judge(SigV4 sigV4, string secret = TestSigner.Secret)
    {
        try
        {
            var signed = sigV4.Read(ToContext());
            if (signed is null)
            {
                return "unsigned";
            }

            signed.Verify(secret, BodyHash);
            return null;
        }
        catch (Granary.Core.Refusal refusal)
        {
            Assert.Equal(Granary.Core.RefusalKind.Unauthenticated, refusal.Kind);
            return refusal.Code;
        }
    }
}
