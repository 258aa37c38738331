using Granary.Core.Assets;

namespace Granary.Server.Hosting;

/// <summary>The directory that holds everything of an embedded server, owned by one process at a time.</summary>
public sealed class DataDirectory : IDisposable
{
    private readonly FileStream held;

    private DataDirectory(string path, FileStream held)
    {
        Path = path;
        this.held = held;
    }

    public string Path { get; }

    public string Database => Under("granary.db");

    public string Assets => Under("storage");

    /// <exception cref="InvalidOperationException">Another process owns the directory.</exception>
    public static DataDirectory Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(path))
        {
            DurableFile.CreateDirectory(path);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        try
        {
            // An exclusive lock of the system, which ends with the process however it ends.
            return new DataDirectory(path, new FileStream(System.IO.Path.Combine(path, "granary.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException) when (File.Exists(System.IO.Path.Combine(path, "granary.lock")))
        {
            throw new InvalidOperationException(
                $"Another Granary is running on {path}. Stop it first, or give this one a data directory of its own with --data.");
        }
    }

    public string Under(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    public void Dispose() => held.Dispose();
}
