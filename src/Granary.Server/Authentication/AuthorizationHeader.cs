using System.Buffers;

namespace Granary.Server.Authentication;

/// <summary>
/// <c>AWS4-HMAC-SHA256 Credential=key/date/region/service/aws4_request, SignedHeaders=a;b, Signature=hex</c>, taken
/// apart. The three fields may come in any order, each exactly once.
/// </summary>
internal sealed record AuthorizationHeader(
    string AccessKeyId,
    string Date,
    string Region,
    string Service,
    IReadOnlyList<string> SignedHeaders,
    byte[] Signature)
{
    // SDKs send 300 to 700 characters; the bound keeps the work of a hostile header small.
    private const int MaximumLength = 4096;
    private const int MaximumSignedHeaders = 64;
    private const string Algorithm = "AWS4-HMAC-SHA256";

    private static readonly SearchValues<char> KeyIdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    // RFC 9110 token, without upper case.
    private static readonly SearchValues<char> HeaderNameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~");

    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    public static AuthorizationHeader Parse(string value)
    {
        if (value.Length > MaximumLength)
        {
            throw AuthenticationFailure.Incomplete($"The Authorization header is longer than {MaximumLength} characters.");
        }

        var space = value.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0 || !value.AsSpan(0, space).SequenceEqual(Algorithm))
        {
            throw AuthenticationFailure.Incomplete($"The Authorization header must use the algorithm {Algorithm}.");
        }

        string? credential = null, signedHeaders = null, signature = null;
        foreach (var part in value[space..].Split(','))
        {
            var field = part.Trim(' ');
            var equals = field.IndexOf('=', StringComparison.Ordinal);
            var content = field[(equals + 1)..];
            _ = field[..Math.Max(equals, 0)] switch
            {
                "Credential" when credential is null => credential = content,
                "SignedHeaders" when signedHeaders is null => signedHeaders = content,
                "Signature" when signature is null => signature = content,
                _ => throw FieldsExpected(),
            };
        }

        if (credential is null || signedHeaders is null || signature is null)
        {
            throw FieldsExpected();
        }

        var scope = ParseCredential(credential);
        return new AuthorizationHeader(scope[0], scope[1], scope[2], scope[3], ParseSignedHeaders(signedHeaders), ParseSignature(signature));
    }

    /// <summary>A SHA-256 as SigV4 writes it: 64 lower-case hexadecimal digits.</summary>
    public static bool IsSha256(ReadOnlySpan<char> text) => text.Length == 64 && !text.ContainsAnyExcept(LowerHex);

    private static string[] ParseCredential(string credential)
    {
        var parts = credential.Split('/');
        if (parts.Length != 5 || parts[0].Length is 0 or > 128 || parts[0].AsSpan().ContainsAnyExcept(KeyIdCharacters)
            || parts[4] != "aws4_request")
        {
            throw AuthenticationFailure.Incomplete(
                "The Credential of the Authorization header must be <access key id>/<yyyymmdd>/<region>/<service>/aws4_request.");
        }

        return parts;
    }

    private static string[] ParseSignedHeaders(string list)
    {
        var names = list.Split(';', MaximumSignedHeaders + 1);
        for (var i = 0; i < names.Length; i++)
        {
            // Strictly ascending is sorted and without duplicates in one comparison.
            if (names[i].Length == 0 || names[i].AsSpan().ContainsAnyExcept(HeaderNameCharacters)
                || (i > 0 && string.CompareOrdinal(names[i - 1], names[i]) >= 0))
            {
                throw AuthenticationFailure.Incomplete(
                    $"SignedHeaders must list at most {MaximumSignedHeaders} header names in lower case, sorted, each once, separated by ';'.");
            }
        }

        return names;
    }

    private static byte[] ParseSignature(string signature)
    {
        if (!IsSha256(signature))
        {
            throw AuthenticationFailure.Incomplete("The Signature of the Authorization header must be 64 lower-case hexadecimal digits.");
        }

        return Convert.FromHexString(signature);
    }

    private static Core.Refusal FieldsExpected() => AuthenticationFailure.Incomplete(
        "The Authorization header must hold Credential, SignedHeaders and Signature, each once and nothing else.");
}
