namespace Granary.ClientTests.Harness;

/// <summary>A directory of its own for one test, removed with everything in it.</summary>
public sealed class TempDirectory : IDisposable
{
    public TempDirectory(string purpose) => Path = Directory.CreateTempSubdirectory($"granary-{purpose}-").FullName;

    public string Path { get; }

    /// <summary>Writes a text file, with its directories, and returns its full path.</summary>
    public string Write(string name, string content)
    {
        var full = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
        return full;
    }

    public string Sub(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A client's background process (a cache warmer, an update check) may still write; the system clears its temporary files.
        }
        catch (UnauthorizedAccessException)
        {
            // As above: caches hold read-only directories.
        }
    }
}
