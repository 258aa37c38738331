using System.Runtime.InteropServices;
using Granary.Core.Assets;
using Granary.Core.Transfer;

namespace Granary.Server.Hosting;

/// <summary>The directory that holds everything of an embedded server, owned by one process at a time.</summary>
public sealed class DataDirectory : IDisposable
{
    // 0077: nothing for the group and for others.
    private const uint OwnerAlone = 63;

    /// <summary>The file that is locked.</summary>
    internal const string LockName = "granary.lock";

    /// <summary>Where keys, credentials and certificates are.</summary>
    internal static readonly string[] PrivateFolders = ["keys", "aws", "tls"];

    private readonly FileStream? held;

    private DataDirectory(string path, FileStream? held)
    {
        Path = path;
        this.held = held;
    }

    public string Path { get; }

    /// <summary>Whether this process is the one that owns it.</summary>
    public bool IsOwned => held is not null;

    public string Database => Under("granary.db");

    public string Assets => Under("storage");

    /// <summary>What is arriving, where it is not kept in <see cref="Assets"/>.</summary>
    public string Incoming => Under("incoming");

    /// <summary>The keys, certificates and credentials as they are now.</summary>
    public PrivateFiles ReadPrivate() => PrivateFiles.Read(Path, PrivateFolders);

    /// <exception cref="InvalidOperationException">Another process owns the directory, it cannot be written, or it is incomplete.</exception>
    public static DataDirectory Open(string path)
    {
        var data = OpenToFill(path);
        try
        {
            UnfinishedMark.DemandNone(data.Path);
            return data;
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>The same for a command that completes it.</summary>
    public static DataDirectory OpenToFill(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        if (File.Exists(path))
        {
            throw new InvalidOperationException($"{path} is a file. Name a directory with --data.");
        }

        try
        {
            return Hold(path);
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or IOException)
        {
            throw new InvalidOperationException($"The data directory {path} cannot be used: {failure.Message} Make it writable for this user, or name another with --data.");
        }
    }

    /// <summary>The directory of a server that has been started before, and that may be running now.</summary>
    /// <exception cref="InvalidOperationException">No server has been started on it, or it cannot be read.</exception>
    public static DataDirectory Beside(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(System.IO.Path.Combine(path, "keys")) || !Directory.Exists(System.IO.Path.Combine(path, "aws")))
        {
            throw new InvalidOperationException($"{path} is not the data directory of a server. Start one first with: granary serve --data {path}");
        }

        MaskOthers();
        UnfinishedMark.DemandNone(path);
        return new DataDirectory(path, null);
    }

    public string Under(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    public void Dispose() => held?.Dispose();

    private static DataDirectory Hold(string path)
    {
        MaskOthers();
        DurableFile.CreateDirectory(path);
        try
        {
            // An exclusive lock of the system, which ends with the process however it ends.
            return new DataDirectory(path, new FileStream(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException) when (File.Exists(System.IO.Path.Combine(path, LockName)))
        {
            throw new InvalidOperationException(
                $"Another Granary is running on {path}. Stop it first, or give this one a data directory of its own with --data.");
        }
    }

    private static void MaskOthers()
    {
        if (!OperatingSystem.IsWindows())
        {
            // Whatever the directory lets others do, if an operator made it.
            _ = SetMask(OwnerAlone);
        }
    }

    [DllImport("libc", EntryPoint = "umask"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint SetMask(uint mask);
}
