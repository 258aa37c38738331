using System.Security.Cryptography;
using System.Text;

namespace Granary.Server.Authentication;

/// <summary>A well-formed signature whose truth is not known before <see cref="Verify"/> has returned.</summary>
public sealed class SignedRequest
{
    private readonly SigningKeyCache keys;
    private readonly AuthorizationHeader header;
    private readonly string timestamp;
    private readonly string[] canonicalHeads;

    internal SignedRequest(SigningKeyCache keys, AuthorizationHeader header, string timestamp, string[] canonicalHeads)
    {
        this.keys = keys;
        this.header = header;
        this.timestamp = timestamp;
        this.canonicalHeads = canonicalHeads;
    }

    public string AccessKeyId => header.AccessKeyId;

    public string Region => header.Region;

    public string Service => header.Service;

    /// <summary>The instant of signing, whole seconds.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>The token that belongs to temporary credentials, from X-Amz-Security-Token.</summary>
    public required string? SessionToken { get; init; }

    /// <summary>
    /// The SHA-256 that x-amz-content-sha256 promises, in lower-case hexadecimal. A body that is streamed is verified with
    /// this value first, and its bytes must be compared with it before they count.
    /// </summary>
    public required string? DeclaredPayloadHash { get; init; }

    /// <summary>Returns where the signature was made with this secret over this request and this body; throws otherwise.</summary>
    /// <param name="secretAccessKey">The secret that belongs to <see cref="AccessKeyId"/>.</param>
    /// <param name="payloadHash">The SHA-256 of the body, 64 lower-case hexadecimal digits.</param>
    /// <exception cref="Core.Refusal">The signature does not match, or the body is not the one that was declared.</exception>
    public void Verify(string secretAccessKey, string payloadHash)
    {
        if (DeclaredPayloadHash is not null && DeclaredPayloadHash != payloadHash)
        {
            throw AuthenticationFailure.Invalid("The body is not the one that x-amz-content-sha256 declares. Send the request again.");
        }

        var key = keys.Get(AccessKeyId, secretAccessKey, header.Date, Region, Service);
        var matches = false;
        foreach (var head in canonicalHeads)
        {
            matches |= CryptographicOperations.FixedTimeEquals(Sign(key, head + payloadHash), header.Signature);
        }

        if (!matches)
        {
            // Neither the canonical request nor the expected signature is told: the second would sign for whoever asks.
            throw AuthenticationFailure.Invalid(
                "The request signature does not match. Check the secret access key, and that nothing on the way changes the request.");
        }
    }

    private byte[] Sign(byte[] key, string canonicalRequest)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonicalRequest)));
        var text = $"AWS4-HMAC-SHA256\n{timestamp}\n{header.Date}/{Region}/{Service}/aws4_request\n{hash}";
        return HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
    }
}
