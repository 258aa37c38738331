using System.Security.Cryptography;
using System.Text;

namespace Granary.Tests.Authentication;

/// <summary>
/// SigV4 as its specification tells it, step by step, and on purpose without any check: every part can be replaced, so that a
/// malformed request carries a signature that is right for it.
/// </summary>
internal sealed record TestSigner
{
    public const string KeyId = "AKIAEXAMPLE000000001";
    public const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    public const string Region = "eu-central-1";
    public const string Date = "20260102T030405Z";
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public string Algorithm { get; init; } = "AWS4-HMAC-SHA256";

    public string Key { get; init; } = KeyId;

    /// <summary>The secret that belongs to the key.</summary>
    public string SecretKey { get; init; } = Secret;

    public string Timestamp { get; init; } = Date;

    public string? ScopeDate { get; init; }

    public string ScopeRegion { get; init; } = Region;

    public string Service { get; init; } = "codeartifact";

    public string Terminator { get; init; } = "aws4_request";

    /// <summary>All headers of the request, unless said.</summary>
    public string? SignedHeaders { get; init; }

    public string? PayloadHash { get; init; }

    public string Scope => $"{ScopeDate ?? Timestamp[..8]}/{ScopeRegion}/{Service}/{Terminator}";

    public string Authorization(TestRequest request)
    {
        var signedHeaders = SignedHeaders
            ?? string.Join(';', request.Headers.Select(h => h.Name.ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal));
        return $"{Algorithm} Credential={Key}/{Scope}, SignedHeaders={signedHeaders}, Signature={Signature(request, signedHeaders)}";
    }

    private string Signature(TestRequest request, string signedHeaders)
    {
        var target = request.Target.Split('?', 2);
        var canonical = new StringBuilder();
        canonical.Append(request.Method).Append('\n');
        canonical.AppendJoin('/', target[0].Split('/').Select(Uri.EscapeDataString)).Append('\n');
        canonical.Append(Query(target.ElementAtOrDefault(1))).Append('\n');
        foreach (var name in signedHeaders.Split(';'))
        {
            var values = request.Headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => Trim(h.Value));
            canonical.Append(name).Append(':').AppendJoin(',', values).Append('\n');
        }

        canonical.Append('\n').Append(signedHeaders).Append('\n');
        canonical.Append(PayloadHash ?? Declared(request) ?? request.BodyHash);

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())));
        var key = Encoding.UTF8.GetBytes("AWS4" + SecretKey);
        foreach (var part in Scope.Split('/'))
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{Algorithm}\n{Timestamp}\n{Scope}\n{hash}")));
    }

    private static string? Declared(TestRequest request) =>
        request.Headers.Where(h => h.Name == "X-Amz-Content-Sha256").Select(h => h.Value).FirstOrDefault();

    private static string Query(string? query) => string.IsNullOrEmpty(query)
        ? ""
        : string.Join('&', query.Split('&')
            .Select(pair => pair.Split('=', 2))
            .Select(pair => (Name: Encode(pair[0]), Value: Encode(pair.ElementAtOrDefault(1) ?? "")))
            .OrderBy(pair => pair.Name, StringComparer.Ordinal).ThenBy(pair => pair.Value, StringComparer.Ordinal)
            .Select(pair => $"{pair.Name}={pair.Value}"));

    private static string Encode(string text) => Uri.EscapeDataString(Uri.UnescapeDataString(text.Replace('+', ' ')));

    private static string Trim(string value) => string.Join(' ', value.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
