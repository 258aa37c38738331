using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Granary.ClientTests.Harness;

/// <summary>A control-plane request signed as AWS SDKs sign it (Signature Version 4), at a time and with a secret of the test's choice.</summary>
public sealed class SignedRequest(GranaryServer server)
{
    private const string Region = "us-east-1";
    private const string Service = "codeartifact";

    /// <summary>How far the client's clock is from the server's.</summary>
    public TimeSpan ClockAhead { get; init; }

    /// <summary>Replaces the administrator's secret key.</summary>
    public string? Secret { get; init; }

    /// <summary>Replaces the administrator's access key id.</summary>
    public string? AccessKey { get; init; }

    /// <summary>The body that is signed, when it is to differ from the one that is sent.</summary>
    public string? SignedBody { get; init; }

    /// <summary>Headers that are sent and not signed.</summary>
    public Dictionary<string, string> Unsigned { get; init; } = [];

    public async Task<Answer> SendAsync(HttpMethod method, string path, string query = "", string body = "")
    {
        using var request = new HttpRequestMessage(method, new Uri(server.Http, query.Length == 0 ? path : $"{path}?{query}"));
        foreach (var (name, value) in Headers(method, path, query, Encoding.UTF8.GetBytes(SignedBody ?? body)))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        foreach (var (name, value) in Unsigned)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (body.Length > 0)
        {
            request.Content = PublishDocument.ContentOf(body);
        }

        return await server.SendAsync(request);
    }

    /// <summary>The signed beginning of a request whose other headers and body the test writes itself.</summary>
    public string Head(HttpMethod method, string path, string query, byte[] body) =>
        $"{method.Method} {path}?{query} HTTP/1.1\r\nHost: {server.Http.Authority}\r\n"
        + string.Concat(Headers(method, path, query, body).Select(header => $"{header.Name}: {header.Value}\r\n"));

    private (string Name, string Value)[] Headers(HttpMethod method, string path, string query, byte[] body)
    {
        var now = TimeProvider.System.GetUtcNow() + ClockAhead;
        var stamp = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var hash = Hex(SHA256.HashData(body));
        var host = server.Http.Authority;
        var canonical = string.Join('\n',
            method.Method, path, query, $"host:{host}", $"x-amz-content-sha256:{hash}", $"x-amz-date:{stamp}", "", "host;x-amz-content-sha256;x-amz-date", hash);
        var scope = $"{stamp[..8]}/{Region}/{Service}/aws4_request";
        var toSign = $"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var (accessKey, secret) = AccessKey is not null && Secret is not null ? (AccessKey, Secret) : server.Administrator;
        var key = Encoding.UTF8.GetBytes("AWS4" + (Secret ?? secret));
        foreach (var part in new[] { stamp[..8], Region, Service, "aws4_request" })
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        var signature = Hex(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(toSign)));
        return
        [
            ("X-Amz-Date", stamp),
            ("X-Amz-Content-Sha256", hash),
            ("Authorization", $"AWS4-HMAC-SHA256 Credential={AccessKey ?? accessKey}/{scope}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}"),
        ];
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
