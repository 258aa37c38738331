using Granary.Core.Assets;

namespace Granary.Core.Upstreams;

public enum DigestAlgorithm
{
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

/// <summary>The strongest digest that a source's metadata promises for an asset's bytes.</summary>
public sealed record PromisedDigest(DigestAlgorithm Algorithm, byte[] Value)
{
    public bool Holds(Digests digests) => Value.AsSpan().SequenceEqual(Algorithm switch
    {
        DigestAlgorithm.Md5 => digests.Md5,
        DigestAlgorithm.Sha1 => digests.Sha1,
        DigestAlgorithm.Sha256 => digests.Sha256,
        _ => digests.Sha512,
    });
}
