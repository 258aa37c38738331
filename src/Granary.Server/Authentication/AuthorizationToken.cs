using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Granary.Core.Access;

namespace Granary.Server.Authentication;

/// <summary>
/// What GetAuthorizationToken gives away: who asked, for which domain, until when. It grants nothing by itself; every
/// request is decided by the policies of the moment.
/// </summary>
/// <param name="Id">Names the token in the list of revoked tokens; see <see cref="NewId"/>.</param>
/// <param name="Principal">The ARN of the caller.</param>
/// <param name="PrincipalId">The unique id of the caller's user or role.</param>
/// <param name="Account">The twelve digits of the caller's account.</param>
/// <param name="Domain">The id of the one domain that the token is for.</param>
/// <param name="IssuedAt">Seconds since 1970.</param>
/// <param name="ExpiresAt">Seconds since 1970: the first second in which the token is no longer good.</param>
public sealed record AuthorizationToken(
    [property: JsonPropertyName("jti")] string Id,
    [property: JsonPropertyName("sub")] string Principal,
    [property: JsonPropertyName("pid")] string PrincipalId,
    [property: JsonPropertyName("acct")] string Account,
    [property: JsonPropertyName("dom")] long Domain,
    [property: JsonPropertyName("iat")] long IssuedAt,
    [property: JsonPropertyName("exp")] long ExpiresAt)
{
    /// <summary>The ARN of the role of a session, and the session; null for users.</summary>
    [JsonPropertyName("role"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RoleArn { get; init; }

    [JsonPropertyName("ses"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RoleSession? Session { get; init; }

    /// <summary>Who is let in with it.</summary>
    [JsonIgnore]
    public Principal Caller => field ??= new Principal(Account, Principal) { IdentityId = PrincipalId, RoleArn = RoleArn, Session = Session };

    /// <summary>128 random bits in hexadecimal.</summary>
    public static string NewId() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
