namespace Granary.Core.Access.Identities;

public enum IdentityKind
{
    User,
    Group,
    Role,
}

/// <summary>A user, group or role of an account. Everything that belongs to one names it by id, so that nothing outlives it.</summary>
public sealed class Identity
{
    public required string AccountId { get; init; }

    /// <summary>Such as <c>AIDA…</c>; never used again, unlike names.</summary>
    public required string Id { get; init; }

    public required IdentityKind Kind { get; init; }

    public required string Name { get; set; }

    /// <summary>The name in lower case: IAM's names differ by more than case.</summary>
    public required string NameKey { get; set; }

    /// <summary>Begins and ends with a slash; <c>/</c> where none was given.</summary>
    public required string Path { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The ARN of the policy that bounds what a user or role may be allowed; null for none, and for groups.</summary>
    public string? BoundaryArn { get; set; }

    /// <summary>Who may assume a role.</summary>
    public string? TrustPolicy { get; set; }

    /// <summary>Whom the trust policy meant when it was put, as <see cref="PrincipalIds"/> writes it.</summary>
    public string? TrustPrincipalIds { get; set; }

    /// <summary>Of a role, at most 1000 characters.</summary>
    public string? Description { get; set; }

    /// <summary>The longest session of a role, 3600 to 43200 seconds; 0 for users and groups.</summary>
    public int MaxSessionSeconds { get; set; }
}

/// <summary>That a user is in a group.</summary>
public sealed class GroupMember
{
    public required string AccountId { get; init; }

    public required string GroupId { get; init; }

    public required string UserId { get; init; }
}

/// <summary>A policy that belongs to one user, group or role.</summary>
public sealed class InlinePolicy
{
    public required string AccountId { get; init; }

    public required string IdentityId { get; init; }

    public required string Name { get; init; }

    public required string Document { get; set; }
}

/// <summary>That a managed policy, the account's own or one of AWS's names, is attached to a user, group or role.</summary>
public sealed class PolicyAttachment
{
    public required string AccountId { get; init; }

    public required string IdentityId { get; init; }

    public required string PolicyArn { get; init; }

    public required DateTimeOffset AttachedAt { get; init; }
}

/// <summary>A key and value on a user, role, managed policy or identity provider. At most 50 a resource.</summary>
public sealed class IdentityTag
{
    public required string AccountId { get; init; }

    /// <summary>The id of an identity or a managed policy, or the URL of a provider.</summary>
    public required string ResourceId { get; init; }

    public required string Key { get; init; }

    public required string Value { get; set; }
}
