using Granary.Core.Access.Policies;

namespace Granary.Core.Access;

/// <summary>What was said when a role was assumed. It travels, signed, with the session's credentials and with their tokens.</summary>
/// <param name="Role">The role's name.</param>
/// <param name="Name">RoleSessionName, 2 to 64 characters.</param>
/// <param name="IssuedAt">Seconds since 1970.</param>
/// <param name="ExpiresAt">Seconds since 1970: the first second in which the credentials are no longer good.</param>
public sealed record RoleSession(string Role, string Name, long IssuedAt, long ExpiresAt)
{
    /// <summary>Session policies, as documents. Where there is one, what none of them allows is not allowed.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    private PolicyDocument[]? documents;

    /// <summary>The policies, read once.</summary>
    /// <exception cref="Refusal">Validation: one cannot be read; they were checked when the role was assumed.</exception>
    internal IReadOnlyList<PolicyDocument> Documents() =>
        documents ??= [.. Policies.Select(policy => PolicyDocument.Parse(policy, PolicyKind.Identity))];

    /// <summary>Session tags: with the role's own tags, which they outweigh, they are <c>aws:PrincipalTag</c>.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>The keys of those tags that sessions assumed from this one inherit.</summary>
    public IReadOnlyList<string> TransitiveTagKeys { get; init; } = [];

    /// <summary>The ARN of the identity provider whose token was exchanged, or null: <c>aws:FederatedProvider</c>.</summary>
    public string? Provider { get; init; }

    /// <summary>SourceIdentity, or null: <c>aws:SourceIdentity</c>.</summary>
    public string? SourceIdentity { get; init; }
}
