using System.Buffers.Text;
using System.Text.Json;

namespace Granary.Server.Aws.Sts.WebIdentity;

/// <summary>
/// A JSON web token (RFC 7519) in its compact form, read strictly and not yet believed. What is said twice, or in another type than
/// the standard's, is not read at all, so that no two readers of it can differ.
/// </summary>
internal sealed class WebIdentityToken
{
    /// <summary>As in STS's model.</summary>
    public const int Longest = 20_000;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    // Keys that a token brings or points to, and extensions that change what is signed: none is ever looked at.
    private static readonly string[] Refused = ["jwk", "jku", "x5u", "crit", "b64", "zip", "enc"];

    private WebIdentityToken(string text, string algorithm, string keyId, JsonElement claims)
    {
        (Text, Algorithm, KeyId, Claims) = (text, algorithm, keyId, claims);
        Issuer = Word(claims, "iss");
        Subject = Word(claims, "sub");
        Comparable = claims.EnumerateObject()
            .Select(claim => (claim.Name, Values: Elements(claim.Value).Select(Scalar).ToArray()))
            .Where(claim => !claim.Values.Contains(null))
            .ToDictionary(claim => claim.Name, claim => claim.Values.OfType<string>().ToArray(), StringComparer.Ordinal);
        Audiences = claims.TryGetProperty("aud", out var aud) && Elements(aud).All(one => one.ValueKind == JsonValueKind.String) ? Comparable["aud"] : [];
    }

    public string Text { get; }

    public string Algorithm { get; }

    public string KeyId { get; }

    /// <summary>A JSON object.</summary>
    public JsonElement Claims { get; }

    public string? Issuer { get; }

    public string? Subject { get; }

    /// <summary><c>aud</c>, a text or a list of texts; empty where it is neither.</summary>
    public IReadOnlyList<string> Audiences { get; }

    /// <summary>Every claim that is a text, a number, a truth value or a list of these, as conditions compare them.</summary>
    public IReadOnlyDictionary<string, string[]> Comparable { get; }

    /// <summary>The token, or null where it is none that this server would believe whoever had signed it.</summary>
    public static WebIdentityToken? Parse(string text)
    {
        if (text.Length > Longest || text.Split('.') is not [var head, var body, { Length: > 0 } signature] || !IsBase64Url(signature))
        {
            return null;
        }

        try
        {
            return ReadObject(head) is { } header && ReadObject(body) is { } claims && !Refused.Any(name => header.TryGetProperty(name, out _))
                && Word(header, "alg") is { } algorithm && Word(header, "kid") is { } key && IsOfType(header)
                ? new WebIdentityToken(text, algorithm, key, claims)
                : null;
        }
        catch (Exception failure) when (failure is FormatException or JsonException or InvalidOperationException)
        {
            // InvalidOperation: half of a surrogate pair, met when a text is taken.
            return null;
        }
    }

    /// <summary>A moment in seconds since 1970, as NumericDate has it; null where the claim is not there, NaN where it is no such number.</summary>
    public double? Moment(string claim) =>
        !Claims.TryGetProperty(claim, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && double.IsFinite(seconds) ? seconds
        : double.NaN;

    private static JsonElement[] Elements(JsonElement value) => value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];

    private static string? Word(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    private static string? Scalar(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    // RFC 9068, 2.1, is the one other type that speaks for its subject: a logout or an introspection token does not.
    private static bool IsOfType(JsonElement header) =>
        !header.TryGetProperty("typ", out _) || Word(header, "typ")?.ToLowerInvariant() is "jwt" or "at+jwt" or "application/at+jwt";

    private static JsonElement? ReadObject(string segment)
    {
        if (!IsBase64Url(segment))
        {
            return null;
        }

        using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(segment), Strict);
        return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
    }

    private static bool IsBase64Url(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
