using Granary.Core.Assets;

namespace Granary.Formats.Maven;

/// <summary>The four algorithms whose files stand beside every file of a Maven repository: <c>lib-1.0.jar.sha1</c>.</summary>
internal enum MavenChecksum
{
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

internal static class MavenChecksums
{
    private static readonly (string Suffix, MavenChecksum Checksum)[] suffixes =
        [(".md5", MavenChecksum.Md5), (".sha1", MavenChecksum.Sha1), (".sha256", MavenChecksum.Sha256), (".sha512", MavenChecksum.Sha512)];

    /// <summary>Takes the suffix of a checksum off a file's name; null where it has none.</summary>
    public static MavenChecksum? Split(ref string file)
    {
        foreach (var (suffix, checksum) in suffixes)
        {
            if (file.Length > suffix.Length && file.EndsWith(suffix, StringComparison.Ordinal))
            {
                file = file[..^suffix.Length];
                return checksum;
            }
        }

        return null;
    }

    public static string Suffix(this MavenChecksum checksum) => suffixes[(int)checksum].Suffix;

    /// <summary>In lower-case hexadecimal digits, as clients compare it.</summary>
    public static string Of(this MavenChecksum checksum, Digests digests) => Convert.ToHexStringLower(checksum switch
    {
        MavenChecksum.Md5 => digests.Md5,
        MavenChecksum.Sha1 => digests.Sha1,
        MavenChecksum.Sha256 => digests.Sha256,
        _ => digests.Sha512,
    });
}
