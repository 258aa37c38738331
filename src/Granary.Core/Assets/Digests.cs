using System.Security.Cryptography;

namespace Granary.Core.Assets;

/// <summary>The size in bytes of an asset and its four digests, as CodeArtifact lists them.</summary>
public sealed record Digests(long Size, byte[] Md5, byte[] Sha1, byte[] Sha256, byte[] Sha512)
{
    /// <summary>Which key the bytes were stored under: see <see cref="AssetStore"/>.</summary>
    public long Generation { get; init; }

    public string Sha256Hex => Convert.ToHexStringLower(Sha256);
}

/// <summary>Computes all four digests in the one pass in which the bytes are written.</summary>
public sealed class Digester : IDisposable
{
    private readonly IncrementalHash md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    private readonly IncrementalHash sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    private readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash sha512 = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
    private long size;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        md5.AppendData(bytes);
        sha1.AppendData(bytes);
        sha256.AppendData(bytes);
        sha512.AppendData(bytes);
        size += bytes.Length;
    }

    public Digests Finish() => new(size, md5.GetHashAndReset(), sha1.GetHashAndReset(), sha256.GetHashAndReset(), sha512.GetHashAndReset());

    public void Dispose()
    {
        md5.Dispose();
        sha1.Dispose();
        sha256.Dispose();
        sha512.Dispose();
    }
}
