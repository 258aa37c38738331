namespace Granary.Core.Groups;

/// <summary>CodeArtifact's PackageGroupOriginRestrictionType: the ways by which new versions enter repositories.</summary>
public enum OriginRestriction
{
    /// <summary>Publishing into a repository.</summary>
    Publish,

    /// <summary>Ingestion into the repository that has the external connection.</summary>
    ExternalUpstream,

    /// <summary>Retention in the repository that was asked, from its upstream repositories.</summary>
    InternalUpstream,
}

/// <summary>CodeArtifact's PackageGroupOriginRestrictionMode.</summary>
public enum RestrictionMode
{
    /// <summary>As the nearest group above that says something else.</summary>
    Inherit,

    /// <summary>All repositories.</summary>
    Allow,

    /// <summary>The repositories of the restriction's own list.</summary>
    AllowSpecificRepositories,

    /// <summary>No repository.</summary>
    Block,
}

/// <summary>The values as AWS writes them.</summary>
public static class OriginWire
{
    public static string Wire(this OriginRestriction restriction) => restriction switch
    {
        OriginRestriction.Publish => "PUBLISH",
        OriginRestriction.ExternalUpstream => "EXTERNAL_UPSTREAM",
        _ => "INTERNAL_UPSTREAM",
    };

    public static string Wire(this RestrictionMode mode) => mode switch
    {
        RestrictionMode.Allow => "ALLOW",
        RestrictionMode.AllowSpecificRepositories => "ALLOW_SPECIFIC_REPOSITORIES",
        RestrictionMode.Block => "BLOCK",
        _ => "INHERIT",
    };
}
