namespace Granary.Core.Assets;

/// <summary>Bytes that a domain keeps once, however many versions name them.</summary>
public sealed class Asset
{
    public required long DomainId { get; init; }

    public required byte[] Sha256 { get; init; }

    public required long Size { get; init; }

    public required byte[] Md5 { get; init; }

    public required byte[] Sha1 { get; init; }

    public required byte[] Sha512 { get; init; }

    public required DateTimeOffset StoredAt { get; init; }

    /// <summary>Which key the bytes lie under: see <see cref="AssetStore"/>.</summary>
    public long Generation { get; init; }

    /// <summary>Since when no version names it, by the collection's own clock; null while one does, or until it is noticed.</summary>
    public long? OrphanedAt { get; init; }
}

/// <summary>An asset of a version under its name.</summary>
public sealed class VersionAsset
{
    public required long DomainId { get; init; }

    public required long VersionId { get; init; }

    public required string Name { get; init; }

    public required byte[] Sha256 { get; init; }

    public required long Size { get; init; }
}
