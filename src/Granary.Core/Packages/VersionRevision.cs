using System.Security.Cryptography;
using System.Text;

namespace Granary.Core.Packages;

/// <summary>
/// CodeArtifact's opaque revision: 44 characters of base64 over a SHA-256 of the manifest and of every asset's name and
/// digest. Status is not part of it, so a pure change of status leaves it as it is (docs/decisions).
/// </summary>
public static class VersionRevision
{
    public static string Of(ReadOnlySpan<byte> manifest, IEnumerable<(string Name, byte[] Sha256)> assets)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(SHA256.HashData(manifest));
        foreach (var (name, sha256) in assets.OrderBy(a => a.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData([0]);
            hash.AppendData(sha256);
        }

        return Convert.ToBase64String(hash.GetHashAndReset());
    }
}
