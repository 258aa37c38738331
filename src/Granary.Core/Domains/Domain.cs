namespace Granary.Core.Domains;

/// <summary>A domain: the tenant. Names are unique for each owner; the id is never used again.</summary>
public sealed class Domain
{
    public long Id { get; init; }

    /// <summary>Twelve digits.</summary>
    public required string Owner { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The ARN of the key that DescribeDomain reports.</summary>
    public required string EncryptionKey { get; init; }

    /// <summary>The number of the last change in this domain. Whoever updates it holds the domain until commit.</summary>
    public long Sequence { get; set; }

    /// <summary>The number of the last change to a repository, an upstream list or a connection: what snapshots are compared with.</summary>
    public long ConfigurationSequence { get; set; }
}
