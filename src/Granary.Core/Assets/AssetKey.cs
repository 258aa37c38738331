using System.Globalization;

namespace Granary.Core.Assets;

/// <summary>Keys of the storage. The first two digits make a level of 256, so that no directory grows without bound.</summary>
public static class AssetKey
{
    private const int HexDigits = 64;

    /// <summary>Content-addressed and per domain: nothing about one domain's bytes can be learnt from another's.</summary>
    /// <param name="generation">0 unless the bytes were collected before: a key is not used again once its bytes were.</param>
    public static string OfAsset(long domainId, ReadOnlySpan<byte> sha256, long generation)
    {
        var hex = Convert.ToHexStringLower(sha256);
        var key = $"assets/{domainId}/{hex[..2]}/{hex}";
        return generation == 0 ? key : $"{key}.{generation}";
    }

    /// <summary>What the key of an asset says; null for any other.</summary>
    public static (long DomainId, byte[] Sha256, long Generation)? ParseAsset(string key)
    {
        if (key.Split('/') is not ["assets", var domain, _, var name] || !long.TryParse(domain, NumberStyles.None, CultureInfo.InvariantCulture, out var domainId))
        {
            return null;
        }

        var (hex, generation) = name.Length > HexDigits && name[HexDigits] == '.' ? (name[..HexDigits], name[(HexDigits + 1)..]) : (name, "0");
        return hex.Length == HexDigits && hex.All(char.IsAsciiHexDigit) && long.TryParse(generation, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && Convert.FromHexString(hex) is var sha256 && OfAsset(domainId, sha256, number) == key
                ? (domainId, sha256, number)
                : null;
    }

    /// <summary>The domain of a document's key; null for any other.</summary>
    public static long? ParseDocument(string key) =>
        key.Split('/') is ["documents", var domain, _, _] && long.TryParse(domain, NumberStyles.None, CultureInfo.InvariantCulture, out var domainId) ? domainId : null;

    /// <summary>The domain whose bytes lie under a key; null for any other.</summary>
    public static long? DomainOf(string key) =>
        key.Split('/', 3) is ["assets" or "documents", var domain, _] && long.TryParse(domain, NumberStyles.None, CultureInfo.InvariantCulture, out var domainId) ? domainId : null;

    /// <summary>A key that is never used twice, for a document that a public source sent.</summary>
    public static string NewDocument(long domainId)
    {
        var name = Guid.NewGuid().ToString("N");
        return $"documents/{domainId}/{name[..2]}/{name}.gz";
    }
}
