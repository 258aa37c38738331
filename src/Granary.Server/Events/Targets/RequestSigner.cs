using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Granary.Server.Authentication;

namespace Granary.Server.Events.Targets;

/// <summary>What a request is signed with.</summary>
internal sealed record SigningCredentials(string AccessKeyId, string SecretAccessKey, string? SessionToken)
{
    public override string ToString() => AccessKeyId;
}

/// <summary>Signs requests by SigV4: the other side of <see cref="SigV4"/>, with the same canonical text.</summary>
internal sealed class RequestSigner(TimeProvider clock)
{
    private readonly SigningKeyCache keys = new();

    public HttpRequestMessage Sign(ServiceRequest call, Uri endpoint, SigningCredentials credentials)
    {
        var body = Encoding.UTF8.GetBytes(call.Body);
        var timestamp = clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var host = endpoint.Authority;
        var headers = new HeaderDictionary { ["content-type"] = call.ContentType, ["host"] = host, ["x-amz-date"] = timestamp };
        foreach (var (name, value) in call.Headers)
        {
            headers[name] = value;
        }

        if (credentials.SessionToken is { } token)
        {
            headers["x-amz-security-token"] = token;
        }

        var path = endpoint.AbsolutePath.TrimEnd('/') + call.Path;
        string[] signed = [.. headers.Keys.Select(name => name.ToLowerInvariant()).Order(StringComparer.Ordinal)];
        var canonical = CanonicalRequest.Head("POST", CanonicalRequest.Path(path), CanonicalRequest.Query(call.Query).Text, headers, signed, host)
            + Convert.ToHexStringLower(SHA256.HashData(body));
        var scope = $"{timestamp[..8]}/{call.Region}/{call.Service}/aws4_request";
        var text = $"AWS4-HMAC-SHA256\n{timestamp}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = keys.Get(credentials.AccessKeyId, credentials.SecretAccessKey, timestamp[..8], call.Region, call.Service);
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));

        var address = new Uri($"{endpoint.Scheme}://{host}{path}{(call.Query.Length > 0 ? $"?{call.Query}" : "")}");
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", call.ContentType);
        foreach (var name in signed.Where(name => name is not ("content-type" or "host")))
        {
            request.Headers.TryAddWithoutValidation(name, headers[name].ToString());
        }

        request.Headers.TryAddWithoutValidation(
            "Authorization", $"AWS4-HMAC-SHA256 Credential={credentials.AccessKeyId}/{scope}, SignedHeaders={string.Join(';', signed)}, Signature={signature}");
        return request;
    }
}
