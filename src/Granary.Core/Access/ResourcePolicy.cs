namespace Granary.Core.Access;

/// <summary>The permissions policy of a domain (<see cref="ResourceId"/> 0) or of one of its repositories.</summary>
public sealed class ResourcePolicy
{
    public required long DomainId { get; init; }

    /// <summary>The id of the repository, or 0 for the domain itself.</summary>
    public required long ResourceId { get; init; }

    /// <summary>As it was put, to the letter.</summary>
    public required string Document { get; set; }

    /// <summary>Opaque; another for each put.</summary>
    public required string Revision { get; set; }
}
