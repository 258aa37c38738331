namespace Granary.Core.Access.Identities;

/// <summary>A policy of an account that can be attached to many identities. It has up to five versions, of which one counts.</summary>
public sealed class ManagedPolicy
{
    public required string AccountId { get; init; }

    /// <summary>Such as <c>ANPA…</c>.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The name in lower case.</summary>
    public required string NameKey { get; init; }

    public required string Path { get; init; }

    public string? Description { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The number of the version that counts: 1 for <c>v1</c>.</summary>
    public required int DefaultVersion { get; set; }

    /// <summary>The number of the last version that was made; numbers are not used again.</summary>
    public required int LastVersion { get; set; }

    public string Arn => $"arn:aws:iam::{AccountId}:policy{Path}{Name}";
}

public sealed class ManagedPolicyVersion
{
    public required string AccountId { get; init; }

    public required string PolicyId { get; init; }

    public required int Number { get; init; }

    public required string Document { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}
