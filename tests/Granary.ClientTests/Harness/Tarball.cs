using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Granary.ClientTests.Harness;

/// <summary>Makes npm tarballs, well-formed or not.</summary>
public static class Tarball
{
    /// <summary>A gzipped tar of the given members in the given order; nothing is checked or completed.</summary>
    public static byte[] Of(params (string Name, string Content)[] members) =>
        Of([.. members.Select(member => File(member.Name, Encoding.UTF8.GetBytes(member.Content)))]);

    public static byte[] Of(params TarEntry[] entries)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
        {
            foreach (var entry in entries)
            {
                tar.WriteEntry(entry);
            }
        }

        return bytes.ToArray();
    }

    public static TarEntry File(string name, byte[] content) =>
        new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) };

    public static TarEntry Link(TarEntryType type, string name, string target) => new PaxTarEntry(type, name) { LinkName = target };

    /// <summary>Bytes that gzip cannot make smaller, the same for the same seed.</summary>
    public static byte[] Noise(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Integrity(byte[] bytes) => "sha512-" + Convert.ToBase64String(SHA512.HashData(bytes));

    public static string Shasum(byte[] bytes) => Convert.ToHexStringLower(SHA1.HashData(bytes));
}
