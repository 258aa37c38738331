using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Granary.Core.Access;

namespace Granary.Server.Authentication;

/// <summary>Temporary credentials as STS gives them away.</summary>
public sealed record TemporaryCredentials(string AccessKeyId, string SecretAccessKey, string SessionToken, DateTimeOffset Expiration);

/// <summary>
/// Makes and opens the session tokens of temporary credentials. A token holds who is meant and the secret that signatures are made
/// with, encrypted with AES-256-GCM and bound to its access key's id; nothing of a session is kept on the server. The key is
/// in <c>keys/sessions.key</c> of the data directory, which all nodes share. A key that was replaced opens what it has sealed until the
/// last of that has expired.
/// </summary>
public sealed class SessionCredentials(string directory, TimeProvider clock)
{
    /// <summary>The longest session of any role.</summary>
    public static readonly TimeSpan LongestSession = TimeSpan.FromHours(12);

    /// <summary>
    /// What <see cref="SizeOf"/> may be at most: with the rest of a token, in base64, it fits into one header, and so does the
    /// authorization token that is made of it.
    /// </summary>
    public const int LargestSession = 8192;

    /// <summary>The name of the file of keys.</summary>
    internal const string FileName = "sessions.key";

    private const int LongestToken = 16_384;

    private readonly KeyRing keys = KeyRing.LoadOrCreate(directory, FileName);

    /// <summary>The bytes that a session takes in a token.</summary>
    public static int SizeOf(RoleSession session) => JsonSerializer.SerializeToUtf8Bytes(session, SessionTokenJson.Default.RoleSession).Length;

    /// <param name="principal">A session; its end is that of the credentials.</param>
    public TemporaryCredentials Issue(Principal principal)
    {
        var session = principal.Session ?? throw new ArgumentException("Only sessions have temporary credentials.", nameof(principal));
        var id = Core.Access.Identities.UniqueId.New(Core.Access.Identities.UniqueId.SessionKey);
        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(30));
        var plain = JsonSerializer.SerializeToUtf8Bytes(
            new SessionTokenContent(secret, principal.AccountId, principal.Arn, principal.IdentityId, principal.RoleArn!, session),
            SessionTokenJson.Default.SessionTokenContent);
        var box = keys.Seal(plain, Encoding.ASCII.GetBytes(id));
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
            var plain = keys.Open(box, Encoding.ASCII.GetBytes(accessKeyId), clock.GetUtcNow() - LongestSession);
            return plain is null ? null : JsonSerializer.Deserialize(plain, SessionTokenJson.Default.SessionTokenContent);
        }
        catch (Exception failure) when (failure is FormatException or JsonException)
        {
            return null;
        }
    }
}

internal sealed record SessionTokenContent(string Secret, string Account, string Arn, string IdentityId, string RoleArn, RoleSession Session);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SessionTokenContent))]
[JsonSerializable(typeof(RoleSession))]
internal sealed partial class SessionTokenJson : JsonSerializerContext;
