using System.Globalization;
using Granary.Core.Assets;

namespace Granary.Core.Transfer;

/// <summary>
/// The folder of a backup: <c>assets/</c> and <c>documents/</c>, each file once however many snapshots name it, and a folder for each
/// run below <c>snapshots/</c>.
/// </summary>
public sealed class BackupFolder
{
    internal const string ManifestName = "manifest.json";
    internal const string SealName = "manifest.json.sha256";

    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    /// <param name="path">Need not exist.</param>
    public BackupFolder(string path) => Path = System.IO.Path.GetFullPath(path);

    public string Path { get; }

    private string Snapshots => System.IO.Path.Combine(Path, "snapshots");

    /// <summary>The names of the complete snapshots, the oldest first.</summary>
    public IReadOnlyList<string> List() => Directory.Exists(Snapshots)
        ? [.. Directory.GetDirectories(Snapshots).Where(d => File.Exists(System.IO.Path.Combine(d, ManifestName))).Select(d => System.IO.Path.GetFileName(d)!).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The snapshot of a name, or the newest one.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    internal BackupSnapshot Find(string? name)
    {
        var all = List();
        if (all.Count == 0)
        {
            throw new InvalidOperationException($"{Path} holds no complete snapshot. Name the folder that granary backup wrote.");
        }

        return name is null || all.Contains(name)
            ? new BackupSnapshot(System.IO.Path.Combine(Snapshots, name ?? all[^1]))
            : throw new InvalidOperationException($"{Path} holds no complete snapshot {name}. There are {string.Join(", ", all)}.");
    }

    /// <param name="isOwner">Whether this process is the one that writes there.</param>
    internal IAssetStorage Storage(bool isOwner) => new FileAssetStorage(Path, isOwner);

    /// <summary>Held while a backup is written: a second one at once would take away what the first has not completed.</summary>
    /// <exception cref="InvalidOperationException">Another one is being written.</exception>
    internal FileStream Hold()
    {
        DurableFile.CreateDirectory(Path);
        var file = System.IO.Path.Combine(Path, "backup.lock");
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(file))
        {
            throw new InvalidOperationException($"Another backup is being written to {Path}. Wait until it has ended.");
        }
    }

    /// <summary>Makes the folder of a new snapshot, and removes those that were never completed.</summary>
    internal string Begin(DateTimeOffset now)
    {
        DurableFile.CreateDirectory(Snapshots);
        foreach (var broken in Directory.GetDirectories(Snapshots).Where(d => !File.Exists(System.IO.Path.Combine(d, ManifestName))))
        {
            Directory.Delete(broken, recursive: true);
        }

        for (; ; now += TimeSpan.FromSeconds(1))
        {
            var path = System.IO.Path.Combine(Snapshots, now.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
            if (!Directory.Exists(path))
            {
                DurableFile.CreateDirectory(path);
                return path;
            }
        }
    }
}
