namespace Granary.Core.Access;

/// <summary>A tenant of the server: twelve digits, as AWS has them.</summary>
public sealed class Account
{
    public required string Id { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Rises with every change to the account's identities and policies: what snapshots of them are compared with.</summary>
    public long Revision { get; set; }
}

/// <summary>
/// A long-lived credential of a user. The secret is sealed with a key that is kept outside the database, so that a copy
/// of the database alone can sign nothing.
/// </summary>
public sealed class AccessKey
{
    public required string Id { get; init; }

    public required string AccountId { get; init; }

    /// <summary>The unique id of the user, at most two keys each.</summary>
    public required string UserId { get; init; }

    public required byte[] SealedSecret { get; set; }

    public required bool Active { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When a request was last signed with it, to the minute; null for never.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    /// <summary>The service of that request, such as <c>codeartifact</c>.</summary>
    public string? LastUsedService { get; set; }

    public string? LastUsedRegion { get; set; }
}

/// <summary>An authorization token that was withdrawn before its time; kept until it would have expired.</summary>
public sealed class RevokedToken
{
    public required string Id { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}
