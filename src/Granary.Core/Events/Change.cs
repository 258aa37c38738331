using Granary.Core.Packages;

namespace Granary.Core.Events;

public enum ChangeKind
{
    DomainCreated,
    DomainUpdated,
    DomainDeleted,
    RepositoryCreated,
    RepositoryUpdated,
    RepositoryDeleted,
    PackageGroupCreated,
    PackageGroupUpdated,
    PackageGroupDeleted,
    PackageUpdated,
    PackageDeleted,
    VersionCreated,
    VersionUpdated,
    VersionDeleted,
}

/// <summary>
/// One line of a domain's change log, written in the transaction that made the change. Events, cache invalidation and
/// other nodes read this log; nothing polls tables.
/// </summary>
public sealed class Change
{
    public required long DomainId { get; init; }

    /// <summary>
    /// Rising within the domain; commits become visible in this order. The numbers between are ids of rows that the domain
    /// created, and together they have no gap.
    /// </summary>
    public required long Sequence { get; init; }

    public required DateTimeOffset At { get; init; }

    public required ChangeKind Kind { get; init; }

    /// <summary>The ARN of the principal whose request made the change.</summary>
    public required string Actor { get; init; }

    public long? RepositoryId { get; init; }

    public string? Repository { get; init; }

    /// <summary>Twelve digits: who administers the repository at that time. Null where the change is of no package.</summary>
    public string? Administrator { get; init; }

    public string? Format { get; init; }

    public string? Namespace { get; init; }

    public string? Package { get; init; }

    public string? Version { get; init; }

    public PackageVersionStatus? Status { get; init; }

    public string? Revision { get; init; }

    public int AssetsAdded { get; init; }

    public int AssetsRemoved { get; init; }

    public bool MetadataUpdated { get; init; }

    public bool StatusChanged { get; init; }
}
