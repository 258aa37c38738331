namespace Granary.Core.Access.Identities;

/// <summary>An OpenID Connect issuer whose tokens an account's roles may trust.</summary>
public sealed class IdentityProvider
{
    public required string AccountId { get; init; }

    /// <summary>The issuer without its scheme, as IAM names providers: <c>gitlab.example.com/group</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The issuer as its tokens say it in <c>iss</c>.</summary>
    public required string Issuer { get; init; }

    /// <summary>The audiences that are accepted, one a line.</summary>
    public required string ClientIds { get; set; }

    /// <summary>SHA-1 thumbprints of certificates, one a line.</summary>
    public required string Thumbprints { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public string Arn => $"arn:aws:iam::{AccountId}:oidc-provider/{Name}";
}
