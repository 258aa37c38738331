namespace Granary.Core.Packages;

/// <summary>CodeArtifact's PackageVersionStatus. <see cref="Deleted"/> appears in replies only.</summary>
public enum PackageVersionStatus
{
    Unfinished,
    Published,
    Unlisted,
    Archived,
    Disposed,
    Deleted,
}

/// <summary>One version of a package in one repository: the row that every listing is derived from.</summary>
public sealed class PackageVersion
{
    public required long DomainId { get; init; }

    /// <summary>The number of the change that created it.</summary>
    public required long Id { get; init; }

    public required long PackageId { get; init; }

    public required string Version { get; init; }

    public required PackageVersionStatus Status { get; set; }

    /// <summary>Base64 of a SHA-256 over the manifest and the assets: equal content has an equal revision everywhere.</summary>
    public required string Revision { get; set; }

    /// <summary>The repository that it was first published to; null for a version that came from a public source.</summary>
    public required string? OriginRepository { get; init; }

    /// <summary>The external connection that it came from; null for a version that was published here.</summary>
    public required string? OriginConnection { get; init; }

    public required DateTimeOffset PublishedAt { get; init; }

    public string? Summary { get; set; }

    /// <summary>The format's own metadata of the version, as its listings need it.</summary>
    public required byte[] Manifest { get; set; }

    /// <summary>Where it first entered the domain.</summary>
    public VersionOrigin Origin => new(OriginRepository, OriginConnection);

    public bool IsListed => Status is PackageVersionStatus.Published;

    /// <summary>Whether the version's assets can be downloaded by their exact address.</summary>
    public bool IsReadable => Status is PackageVersionStatus.Published or PackageVersionStatus.Unlisted;
}

/// <summary>The readme of a version, apart from it so that listings never read it. At most 1 MiB.</summary>
public sealed class VersionReadme
{
    public required long DomainId { get; init; }

    public required long VersionId { get; init; }

    public required string Text { get; set; }
}
