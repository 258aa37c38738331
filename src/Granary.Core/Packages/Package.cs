namespace Granary.Core.Packages;

/// <summary>A package in one repository: its name and its origin controls. It may have no version.</summary>
public sealed class Package
{
    public required long DomainId { get; init; }

    /// <summary>The number of the change that created it.</summary>
    public required long Id { get; init; }

    public required long RepositoryId { get; init; }

    public required string Format { get; init; }

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary>Origin control: direct publishing is allowed.</summary>
    public required bool AllowPublish { get; set; }

    /// <summary>Origin control: versions may come from upstream repositories and public sources.</summary>
    public required bool AllowUpstream { get; set; }

    /// <summary>
    /// The number of the last change that a listing of this package can show, and what rendered listings are compared with; 0
    /// for a record that came to be by keeping what all listings showed already.
    /// </summary>
    public required long Stamp { get; set; }

    public PackageCoordinate Coordinate => new(Format, Namespace, Name);
}

/// <summary>A name that points to a version, such as a dist-tag.</summary>
public sealed class PackageTag
{
    public required long DomainId { get; init; }

    public required long PackageId { get; init; }

    public required string Name { get; init; }

    public required string Version { get; set; }
}
