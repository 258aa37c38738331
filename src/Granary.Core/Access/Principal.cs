namespace Granary.Core.Access;

/// <summary>Who asks: the holder of a verified signature or token.</summary>
/// <param name="AccountId">Twelve digits.</param>
/// <param name="Arn">Such as <c>arn:aws:iam::123456789012:user/admin</c>.</param>
public sealed record Principal(string AccountId, string Arn)
{
    /// <summary>The role of a session, such as <c>arn:aws:iam::123456789012:role/ci</c>; null for everybody else.</summary>
    public string? RoleArn { get; init; }

    /// <summary>Whether this is the account itself.</summary>
    public bool IsRoot => Arn.EndsWith(":root", StringComparison.Ordinal);

    public static Principal User(string accountId, string name) => new(accountId, $"arn:aws:iam::{accountId}:user/{name}");
}
