namespace Granary.Core.Assets;

/// <summary>
/// Which keys of some bytes are spent: no row will ever name them again, so they may be deleted at any later time, by anybody, and
/// as often as one likes. It stays for as long as its domain, one for each digest that was ever collected or found rotten.
/// </summary>
public sealed class AssetTombstone
{
    public required long DomainId { get; init; }

    public required byte[] Sha256 { get; init; }

    /// <summary>The first generation that is not spent.</summary>
    public required long Generation { get; init; }

    /// <summary>The first generation whose key may still be in the storage; equal to <see cref="Generation"/> when none is.</summary>
    public required long Removed { get; init; }

    public required DateTimeOffset DoomedAt { get; init; }
}
