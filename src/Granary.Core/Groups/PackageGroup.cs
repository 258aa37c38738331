namespace Granary.Core.Groups;

/// <summary>A package group of a domain as its row has it.</summary>
public sealed class PackageGroup
{
    public required long DomainId { get; init; }

    /// <summary>The number of the change that created it.</summary>
    public required long Id { get; init; }

    /// <summary>2 to 520 characters; unique in the domain, compared exactly.</summary>
    public required string Pattern { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>At most 1000 characters, or null.</summary>
    public string? ContactInfo { get; set; }

    /// <summary>At most 1000 characters, or null.</summary>
    public string? Description { get; set; }

    public required RestrictionMode Publish { get; set; }

    public required RestrictionMode ExternalUpstream { get; set; }

    public required RestrictionMode InternalUpstream { get; set; }

    public RestrictionMode this[OriginRestriction restriction]
    {
        get => restriction switch
        {
            OriginRestriction.Publish => Publish,
            OriginRestriction.ExternalUpstream => ExternalUpstream,
            _ => InternalUpstream,
        };
        set
        {
            switch (restriction)
            {
                case OriginRestriction.Publish:
                    Publish = value;
                    break;
                case OriginRestriction.ExternalUpstream:
                    ExternalUpstream = value;
                    break;
                default:
                    InternalUpstream = value;
                    break;
            }
        }
    }

    /// <summary>The group that a domain has from its creation: everything may enter from everywhere.</summary>
    public static PackageGroup NewRoot(long domainId, long id, DateTimeOffset createdAt) => new()
    {
        DomainId = domainId,
        Id = id,
        Pattern = PackageGroupPattern.Root.Text,
        CreatedAt = createdAt,
        Publish = RestrictionMode.Allow,
        ExternalUpstream = RestrictionMode.Allow,
        InternalUpstream = RestrictionMode.Allow,
    };
}

/// <summary>A repository in the list of one restriction of one group.</summary>
public sealed class AllowedRepository
{
    public required long DomainId { get; init; }

    public required long GroupId { get; init; }

    public required OriginRestriction Restriction { get; init; }

    public required long RepositoryId { get; init; }
}
