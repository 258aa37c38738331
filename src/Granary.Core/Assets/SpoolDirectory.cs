namespace Granary.Core.Assets;

/// <summary>Where a process keeps what is arriving, on a disk of its own.</summary>
public sealed class SpoolDirectory
{
    /// <param name="path">Created where it is not there.</param>
    /// <param name="isOwner">Whether no other process writes there: then what lies half-written was left by one that died, and is removed.</param>
    public SpoolDirectory(string path, bool isOwner)
    {
        Path = path;
        DurableFile.CreateDirectory(path);

        // A command that runs beside a server must not take the uploads away that are just arriving there.
        foreach (var orphan in isOwner ? Directory.EnumerateFiles(path) : [])
        {
            File.Delete(orphan);
        }
    }

    public string Path { get; }

    public Spool CreateSpool() => new(Path);
}
