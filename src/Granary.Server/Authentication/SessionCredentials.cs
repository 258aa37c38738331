using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Core.Access;
using Granary.Server.Hosting;

namespace Granary.Server.Authentication;

/// <summary>Temporary credentials as STS gives them away.</summary>
public sealed record TemporaryCredentials(string AccessKeyId, string SecretAccessKey, string SessionToken, DateTimeOffset Expiration);

/// <summary>
/// Makes and opens the session tokens of temporary credentials. A token holds who is meant and the secret that signatures are made
/// with, encrypted with AES-256-GCM and bound to its access key's id; nothing of a session is kept on the server. The key is
/// in <c>keys/sessions.key</c> of the data directory, which all nodes share.
/// </summary>
public sealed class SessionCredentials(string directory, TimeProvider clock)
{
    // Long enough for a session policy of 2048 characters and 50 tags.
    private const int LongestToken = 16_384;
    private const byte Version = 1;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeadLength = 1 + NonceLength + TagLength;

    private readonly byte[] key = KeyFile.ReadOrCreate(Path.Combine(directory, "keys", "sessions.key"), () => RandomNumberGenerator.GetBytes(32));

    /// <param name="principal">A session; its end is that of the credentials.</param>
    public TemporaryCredentials Issue(Principal principal)
    {
        var session = principal.Session ?? throw new ArgumentException("Only sessions have temporary credentials.", nameof(principal));
        var id = Core.Access.Identities.UniqueId.New(Core.Access.Identities.UniqueId.SessionKey);
        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(30));
        var plain = JsonSerializer.SerializeToUtf8Bytes(
            new SessionTokenContent(secret, principal.AccountId, principal.Arn, principal.IdentityId, principal.RoleArn!, session),
            SessionTokenJson.Default.SessionTokenContent);
        var box = new byte[HeadLength + plain.Length];
        box[0] = Version;
        RandomNumberGenerator.Fill(box.AsSpan(1, NonceLength));
        using var cipher = new AesGcm(key, TagLength);
        cipher.Encrypt(box.AsSpan(1, NonceLength), plain, box.AsSpan(HeadLength), box.AsSpan(1 + NonceLength, TagLength), Encoding.ASCII.GetBytes(id));
        return new TemporaryCredentials(id, secret, Base64Url.EncodeToString(box), DateTimeOffset.FromUnixTimeSeconds(session.ExpiresAt));
    }

    /// <summary>The session and its secret.</summary>
    /// <exception cref="Core.Refusal">Unauthenticated: it is none of ours, is another key's, or has expired.</exception>
    public Credential Open(string accessKeyId, string token)
    {
        var content = Decrypt(accessKeyId, token) ?? throw AuthenticationFailure.UnknownKey();
        if (clock.GetUtcNow().ToUnixTimeSeconds() >= content.Session.ExpiresAt)
        {
            throw AuthenticationFailure.Expired();
        }

        var principal = new Principal(content.Account, content.Arn)
        {
            IdentityId = content.IdentityId,
            RoleArn = content.RoleArn,
            Session = content.Session,
            AccessKeyId = accessKeyId,
        };
        return new Credential(principal, content.Secret);
    }

    private SessionTokenContent? Decrypt(string accessKeyId, string token)
    {
        if (token.Length > LongestToken)
        {
            return null;
        }

        try
        {
            var box = Base64Url.DecodeFromChars(token);
            if (box.Length < HeadLength || box[0] != Version)
            {
                return null;
            }

            var plain = new byte[box.Length - HeadLength];
            using var cipher = new AesGcm(key, TagLength);
            cipher.Decrypt(
                box.AsSpan(1, NonceLength), box.AsSpan(HeadLength), box.AsSpan(1 + NonceLength, TagLength), plain, Encoding.ASCII.GetBytes(accessKeyId));
            return JsonSerializer.Deserialize(plain, SessionTokenJson.Default.SessionTokenContent);
        }
        catch (Exception failure) when (failure is FormatException or AuthenticationTagMismatchException or JsonException)
        {
            return null;
        }
    }
}

internal sealed record SessionTokenContent(string Secret, string Account, string Arn, string IdentityId, string RoleArn, RoleSession Session);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SessionTokenContent))]
internal sealed partial class SessionTokenJson : JsonSerializerContext;
