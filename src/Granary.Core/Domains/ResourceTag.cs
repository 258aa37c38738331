namespace Granary.Core.Domains;

/// <summary>A key and value on a domain (<see cref="ResourceId"/> 0) or on one of its repositories. At most 50 a resource.</summary>
public sealed class ResourceTag
{
    public required long DomainId { get; init; }

    /// <summary>The id of the repository, or 0 for the domain itself: ids and not names, so that nothing outlives its resource.</summary>
    public required long ResourceId { get; init; }

    public required string Key { get; init; }

    public required string Value { get; set; }
}
