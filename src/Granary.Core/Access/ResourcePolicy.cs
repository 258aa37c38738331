namespace Granary.Core.Access;

/// <summary>The permissions policy of a domain (<see cref="ResourceId"/> 0) or of one of its repositories.</summary>
public sealed class ResourcePolicy
{
    public required long DomainId { get; init; }

    /// <summary>The id of the repository, or 0 for the domain itself.</summary>
    public required long ResourceId { get; init; }

    /// <summary>As it was put, to the letter.</summary>
    public required string Document { get; set; }

    /// <summary>The unique ids of the principals that it names, as they were when it was put: an ARN, a blank and an id on each line.</summary>
    public required string PrincipalIds { get; set; }

    /// <summary>Opaque; another for each put.</summary>
    public required string Revision { get; set; }
}
