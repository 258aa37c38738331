namespace Granary.Core.Access;

/// <summary>A tenant of the server: twelve digits, as AWS has them.</summary>
public sealed class Account
{
    public required string Id { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>
/// A long-lived credential of a user. The secret is sealed with a key that is kept outside the database, so that a copy
/// of the database alone can sign nothing.
/// </summary>
public sealed class AccessKey
{
    public required string Id { get; init; }

    public required string AccountId { get; init; }

    public required string UserName { get; init; }

    public required byte[] SealedSecret { get; set; }

    public required bool Active { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>An authorization token that was withdrawn before its time; kept until it would have expired.</summary>
public sealed class RevokedToken
{
    public required string Id { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}
