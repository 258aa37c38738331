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

    /// <summary>A checksum document: the digest in hex, of either case, and maybe the name of a file after it. Null where it is none.</summary>
    public static PromisedDigest? ReadHex(DigestAlgorithm algorithm, ReadOnlySpan<byte> document)
    {
        var digits = 2 * algorithm switch
        {
            DigestAlgorithm.Md5 => 16,
            DigestAlgorithm.Sha1 => 20,
            DigestAlgorithm.Sha256 => 32,
            _ => 64,
        };
        var text = document.Trim(" \t\r\n"u8);
        var end = text.IndexOfAny(" \t\r\n"u8);
        var hex = end < 0 ? text : text[..end];
        var value = new byte[digits / 2];
        return hex.Length == digits && Convert.FromHexString(hex, value, out _, out _) is System.Buffers.OperationStatus.Done
            ? new PromisedDigest(algorithm, [value])
            : null;
    }

    /// <summary>Whether the same bytes can keep both promises. Digests of different algorithms say nothing about each other.</summary>
    public bool Agrees(PromisedDigest other) =>
        Algorithm != other.Algorithm || Values.Any(value => other.Values.Any(theirs => theirs.AsSpan().SequenceEqual(value)));
}
