namespace Granary.Core.Repositories;

/// <summary>A repository of a domain, with the one external connection that it may have.</summary>
public sealed class Repository
{
    public required long DomainId { get; init; }

    /// <summary>The number of the change that created it.</summary>
    public required long Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The account that created it, twelve digits; it may differ from the domain's owner.</summary>
    public required string Administrator { get; init; }

    public string? Description { get; set; }

    /// <summary>CodeArtifact's name of a public source, such as <c>public:…</c>, or null.</summary>
    public string? ExternalConnection { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A direct upstream of a repository. The lowest position is asked first; at most 10 a repository.</summary>
public sealed class RepositoryUpstream
{
    public required long DomainId { get; init; }

    public required long RepositoryId { get; init; }

    public required int Position { get; init; }

    public required long UpstreamId { get; init; }
}
