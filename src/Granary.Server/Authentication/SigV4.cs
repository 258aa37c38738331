using System.Collections.Frozen;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Granary.Server.Authentication;

/// <summary>
/// Reads SigV4 in its header form. What can be judged without the secret is judged here; the rest is
/// <see cref="SignedRequest.Verify"/>. Presigned queries, unsigned payloads and streaming payloads are refused.
/// </summary>
/// <param name="region">The one region that a credential scope may name.</param>
/// <param name="services">The signing names that this server answers, such as <c>codeartifact</c> and <c>sts</c>.</param>
/// <param name="clock">The server's time; a signature is good for five minutes on either side of it.</param>
/// <param name="publicHost">
/// The host (with port, unless it is the scheme's own) of the configured public URL. A signature over it is good too, for a proxy that
/// replaces the Host header; forwarded headers are never asked.
/// </param>
public sealed class SigV4(string region, IEnumerable<string> services, TimeProvider clock, string? publicHost = null)
{
    private const string DateFormat = "yyyyMMdd'T'HHmmss'Z'";

    // The general rule of AWS; only S3-like stores allow fifteen.
    private static readonly TimeSpan MaximumSkew = TimeSpan.FromMinutes(5);

    private readonly FrozenSet<string> services = services.ToFrozenSet(StringComparer.Ordinal);
    private readonly SigningKeyCache keys = new();

    /// <summary>
    /// The signature of a request, or null where it carries none. Throws <see cref="Core.Refusal"/> with an AWS error name where
    /// the signature is malformed, incomplete, out of time, meant for another server, or one of two credentials.
    /// </summary>
    public SignedRequest? Read(HttpContext context)
    {
        var headers = context.Request.Headers;
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var question = target.IndexOf('?', StringComparison.Ordinal);
        var (query, holdsCredential) = CanonicalRequest.Query(question < 0 ? "" : target.AsSpan(question + 1));
        if (holdsCredential)
        {
            throw AuthenticationFailure.Incomplete(
                "The query holds X-Amz- parameters. Presigned requests are not accepted: sign in the Authorization header only.");
        }

        if (headers.Authorization.Count == 0)
        {
            return null;
        }

        var header = AuthorizationHeader.Parse(One(headers, "Authorization")!);
        CheckSignedHeaders(headers, header.SignedHeaders);
        var (date, timestamp) = Date(headers, header.SignedHeaders);
        CheckScope(header, timestamp);
        CheckSkew(date);

        var payloadHash = One(headers, "X-Amz-Content-Sha256");
        if (payloadHash is not null && !AuthorizationHeader.IsSha256(payloadHash))
        {
            throw AuthenticationFailure.Invalid(
                "x-amz-content-sha256 must be the SHA-256 of the body in lower-case hexadecimal. Unsigned and streaming payloads are not accepted.");
        }

        var path = CanonicalRequest.Path(question < 0 ? target : target.AsSpan(0, question));
        return new SignedRequest(keys, header, timestamp, Heads(context.Request, path, query, header.SignedHeaders))
        {
            Date = date,
            SessionToken = One(headers, "X-Amz-Security-Token"),
            DeclaredPayloadHash = payloadHash,
        };
    }

    private string[] Heads(HttpRequest request, string path, string query, IReadOnlyList<string> signed)
    {
        var received = One(request.Headers, "Host") ?? "";
        string[] hosts = publicHost is null || publicHost == received ? [received] : [received, publicHost];
        return [.. hosts.Select(host => CanonicalRequest.Head(request.Method, path, query, request.Headers, signed, host))];
    }

    private static void CheckSignedHeaders(IHeaderDictionary headers, IReadOnlyList<string> signed)
    {
        if (!signed.Contains("host"))
        {
            throw AuthenticationFailure.Invalid("SignedHeaders must hold 'host'.");
        }

        foreach (var name in signed)
        {
            if (!headers.ContainsKey(name))
            {
                throw AuthenticationFailure.Invalid("SignedHeaders names a header that the request does not have.");
            }
        }

        foreach (var name in headers.Keys)
        {
            if (name.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase) && !signed.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                throw AuthenticationFailure.Invalid("Every x-amz-* header of the request must be in SignedHeaders.");
            }
        }
    }

    // X-Amz-Date; without it the Date header stands in, and must then be signed, because nothing else covers the instant.
    private static (DateTimeOffset Date, string Timestamp) Date(IHeaderDictionary headers, IReadOnlyList<string> signed)
    {
        var (text, format) = (One(headers, "X-Amz-Date"), DateFormat);
        if (text is null && signed.Contains("date"))
        {
            (text, format) = (One(headers, "Date"), "R");
        }

        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (!DateTimeOffset.TryParseExact(text, format, CultureInfo.InvariantCulture, Utc, out var date))
        {
            throw AuthenticationFailure.Incomplete("The request must have one X-Amz-Date header of the form yyyymmddThhmmssZ.");
        }

        return (date, date.ToString(DateFormat, CultureInfo.InvariantCulture));
    }

    private void CheckScope(AuthorizationHeader header, string timestamp)
    {
        if (!timestamp.AsSpan(0, 8).SequenceEqual(header.Date))
        {
            throw AuthenticationFailure.Invalid("The day in the Credential of the Authorization header must be the day of X-Amz-Date.");
        }

        // IAM has no regions: clients sign for it with the one that its own endpoint is in.
        if (header.Region != region && !(header is { Service: "iam" or "sts", Region: "us-east-1" }))
        {
            throw AuthenticationFailure.Invalid(
                $"The Credential of the Authorization header must name the region {region}. Set the client's region to it.");
        }

        if (!services.Contains(header.Service))
        {
            throw AuthenticationFailure.Invalid(
                $"The Credential of the Authorization header must name a service of this server: {string.Join(", ", services.Order())}.");
        }
    }

    private void CheckSkew(DateTimeOffset date)
    {
        var now = clock.GetUtcNow();
        if ((now - date).Duration() > MaximumSkew)
        {
            // SDKs read the difference from the Date header of the answer and sign again.
            throw AuthenticationFailure.Invalid(string.Create(
                CultureInfo.InvariantCulture,
                $"Signature expired or not yet current: the request was signed at {date:yyyyMMdd'T'HHmmss'Z'} and the server's time is {now:yyyyMMdd'T'HHmmss'Z'} (± 5 min.). Set the client's clock."));
        }
    }

    private static string? One(IHeaderDictionary headers, string name)
    {
        var values = headers.TryGetValue(name, out var found) ? found : StringValues.Empty;
        return values.Count switch
        {
            0 => null,
            1 => values[0],
            _ => throw AuthenticationFailure.Incomplete($"The request has more than one {name} header."),
        };
    }
}
