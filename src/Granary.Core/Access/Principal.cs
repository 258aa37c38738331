namespace Granary.Core.Access;

/// <summary>Who asks: the holder of a verified signature or token.</summary>
/// <param name="AccountId">Twelve digits.</param>
/// <param name="Arn">Such as <c>arn:aws:iam::123456789012:user/admin</c>.</param>
public sealed record Principal(string AccountId, string Arn)
{
    /// <summary>The unique id of the user, or of the role of a session: what policies are found by. Empty for the account itself.</summary>
    public string IdentityId { get; init; } = "";

    /// <summary>The session of a role; null for everybody else.</summary>
    public RoleSession? Session { get; init; }

    /// <summary>The role of a session, such as <c>arn:aws:iam::123456789012:role/ci</c>; null for everybody else.</summary>
    public string? RoleArn { get; init; }

    /// <summary>The access key that the request was signed with; null for tokens.</summary>
    public string? AccessKeyId { get; init; }

    /// <summary>Whether this is the account itself.</summary>
    public bool IsRoot => Arn.EndsWith(":root", StringComparison.Ordinal);

    /// <summary><c>aws:userid</c>: the unique id, and for a session its name after a colon.</summary>
    public string UserId => IsRoot ? AccountId : Session is { } session ? $"{IdentityId}:{session.Name}" : IdentityId;

    public static Principal User(string accountId, string name) => new(accountId, $"arn:aws:iam::{accountId}:user/{name}");
}
