namespace Granary.Core.Assets;

/// <summary>Keys of the storage. The first two digits make a level of 256, so that no directory grows without bound.</summary>
public static class AssetKey
{
    /// <summary>Content-addressed and per domain: nothing about one domain's bytes can be learnt from another's.</summary>
    public static string OfAsset(long domainId, ReadOnlySpan<byte> sha256)
    {
        var hex = Convert.ToHexStringLower(sha256);
        return $"assets/{domainId}/{hex[..2]}/{hex}";
    }

    /// <summary>A key that is never used twice, for a document that a public source sent.</summary>
    public static string NewDocument(long domainId)
    {
        var name = Guid.NewGuid().ToString("N");
        return $"documents/{domainId}/{name[..2]}/{name}.gz";
    }
}
