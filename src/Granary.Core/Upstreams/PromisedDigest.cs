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
/// <param name="Values">One of them is enough, where the metadata names several (Subresource Integrity, 3.3.4).</param>
public sealed record PromisedDigest(DigestAlgorithm Algorithm, IReadOnlyList<byte[]> Values)
{
    public bool Holds(Digests digests)
    {
        var digest = Algorithm switch
        {
            DigestAlgorithm.Md5 => digests.Md5,
            DigestAlgorithm.Sha1 => digests.Sha1,
            DigestAlgorithm.Sha256 => digests.Sha256,
            _ => digests.Sha512,
        };
        return Values.Any(value => value.AsSpan().SequenceEqual(digest));
    }

    /// <summary>Whether the same bytes can keep both promises. Digests of different algorithms say nothing about each other.</summary>
    public bool Agrees(PromisedDigest other) =>
        Algorithm != other.Algorithm || Values.Any(value => other.Values.Any(theirs => theirs.AsSpan().SequenceEqual(value)));
}
