using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Granary.Core.Assets;

/// <summary>
/// Puts a finished file in its place so that it is still there after a power cut: the bytes are synced before the rename,
/// the directory after it. A failed sync is never tried again: the kernel may have dropped the pages that it failed to write.
/// </summary>
public static partial class DurableFile
{
    private const int ReadOnlyDirectory = 0x10000; // O_RDONLY | O_DIRECTORY on Linux; harmlessly O_RDONLY elsewhere.

    /// <summary>Writes a whole small file, atomically, readable by its owner alone.</summary>
    public static void WritePrivate(string path, ReadOnlySpan<byte> content)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(temporary, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        Rename(temporary, path);
    }

    /// <summary>Renames a file whose bytes are synced, over whatever is there, and syncs the directory.</summary>
    public static void Rename(string synced, string path)
    {
#pragma warning disable RS0030 // The one place where a rename is followed by the sync that makes it last.
        File.Move(synced, path, overwrite: true);
#pragma warning restore RS0030
        SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Creates the directory, and syncs the one above it so that the new name lasts.</summary>
    public static void CreateDirectory(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        var parent = Path.GetDirectoryName(Path.GetFullPath(path));
        if (parent is not null)
        {
            CreateDirectory(parent);
        }

        Directory.CreateDirectory(path);
        if (parent is not null)
        {
            SyncDirectory(parent);
        }
    }

    /// <summary>Makes the names in a directory last. .NET opens no directories, hence the two system calls.</summary>
    /// <exception cref="IOException">The directory cannot be synced: what was renamed into it may not last.</exception>
    public static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // NTFS journals the rename itself.
        }

        using var directory = OpenDirectory(path, OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 ? ReadOnlyDirectory : 0);
        if (directory.IsInvalid || Sync(directory) != 0)
        {
            throw new IOException($"The directory {path} could not be synced (error {Marshal.GetLastPInvokeError()}).");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenDirectory(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle handle);
}
