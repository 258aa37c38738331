namespace Granary.Core.Upstreams;

/// <summary>What a public source last said of one listing: the bytes lie in storage, compressed, under a key of their own.</summary>
public sealed class SourceDocument
{
    public required long DomainId { get; init; }

    public required string Connection { get; init; }

    /// <summary>The address of the document relative to the source's own.</summary>
    public required string Path { get; init; }

    /// <summary>Null where the source says that there is no such document (404 or 410).</summary>
    public required string? StorageKey { get; set; }

    /// <summary>The source's validators, sent back when it is asked again.</summary>
    public string? ETag { get; set; }

    public string? LastModified { get; set; }

    public required DateTimeOffset CheckedAt { get; set; }
}
