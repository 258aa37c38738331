using System.Security.Cryptography;
using Granary.Core.Assets;

namespace Granary.Core.Transfer;

/// <summary>
/// The small files of a data directory that are no part of the database: keys, certificates, the administrator's credentials. They are
/// read whole into memory, and written so that their owner alone reads them.
/// </summary>
/// <param name="Files">By their path below the data directory, with slashes.</param>
public sealed record PrivateFiles(IReadOnlyDictionary<string, byte[]> Files)
{
    // Written and renamed to another name: no file of anybody's.
    private const string Temporary = ".tmp";

    /// <param name="root">The data directory.</param>
    /// <param name="folders">Those below it that are read.</param>
    public static PrivateFiles Read(string root, IEnumerable<string> folders)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var path in folders.Select(f => Path.Combine(root, f)).Where(Directory.Exists).SelectMany(Directory.GetFiles))
        {
            var name = Path.GetFileName(path);
            if (!name.StartsWith('.') && !name.EndsWith(Temporary, StringComparison.Ordinal))
            {
                files[Path.GetRelativePath(root, path).Replace('\\', '/')] = File.ReadAllBytes(path);
            }
        }

        return new PrivateFiles(files);
    }

    public void Write(string root)
    {
        foreach (var (name, content) in Files)
        {
            var path = Path.GetFullPath(Path.Combine(root, name));
            DurableFile.CreateDirectory(Path.GetDirectoryName(path)!);
            DurableFile.WritePrivate(path, content);
            if (name.EndsWith(".crt", StringComparison.Ordinal) && !OperatingSystem.IsWindows())
            {
                // Clients are told to trust it, whoever runs them.
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            }
        }
    }

    /// <summary>Whether keys are the same; other files come and go.</summary>
    internal bool HasSameKeys(PrivateFiles other)
    {
        var (mine, others) = (Keys(), other.Keys());
        return mine.Count == others.Count && mine.All(k => others.TryGetValue(k.Key, out var content) && CryptographicOperations.FixedTimeEquals(k.Value, content));
    }

    private Dictionary<string, byte[]> Keys() => Files.Where(f => f.Key.EndsWith(".key", StringComparison.Ordinal)).ToDictionary();
}
