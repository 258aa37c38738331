using System.IO.Compression;

namespace Granary.Formats.NuGet;

/// <summary>One file out of a package that is known to be sound.</summary>
internal static class NuGetMember
{
    /// <summary>The path that NuGet's clients read out of a member's name, which packers may percent-encode.</summary>
    public static string PathOf(string name) => name.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(name) : name;

    /// <summary>The file's bytes, at most so many of them; null where there is no such file.</summary>
    /// <param name="package">Must seek; stays open.</param>
    /// <param name="path">As the .nuspec has it: either slash separates folders.</param>
    public static Task<byte[]?> ReadAsync(Stream package, string path, int most, CancellationToken cancellation)
    {
        var wanted = path.Replace('\\', '/').TrimStart('/');
        return ReadAsync(package, name => name.Equals(wanted, StringComparison.OrdinalIgnoreCase), most, cancellation);
    }

    /// <summary>The bytes of the first file whose path is wanted.</summary>
    public static async Task<byte[]?> ReadAsync(Stream package, Func<string, bool> isWanted, int most, CancellationToken cancellation)
    {
        package.Position = 0;
        await using var archive = await ZipArchive.CreateAsync(package, ZipArchiveMode.Read, leaveOpen: true, entryNameEncoding: null, cancellation);
        if (archive.Entries.FirstOrDefault(e => isWanted(PathOf(e.FullName))) is not { } entry)
        {
            return null;
        }

        await using var content = await entry.OpenAsync(cancellation);
        var bytes = new byte[Math.Min(entry.Length, most)];
        await content.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }
}
