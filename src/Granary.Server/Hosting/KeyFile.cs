using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using Granary.Core.Assets;

namespace Granary.Server.Hosting;

/// <summary>
/// Small files of key material. A file is there whole or not at all, on disk before the call returns, and (unless it is
/// public) readable by its owner alone from its first moment.
/// </summary>
internal static class KeyFile
{
    // EEXIST, which is 17 on Linux, macOS and the BSDs.
    private const int FileExists = 17;
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The contents of the file; where there is none, it is made. Of several processes that start at once, one makes it and all read that one.</summary>
    public static byte[] ReadOrCreate(string path, Func<byte[]> create)
    {
        if (!File.Exists(path))
        {
            Write(path, create(), replace: false, Owner);
        }

        return File.ReadAllBytes(path);
    }

    public static void Replace(string path, byte[] contents) => Write(path, contents, replace: true, Owner);

    /// <summary>As <see cref="Replace"/>, for what everyone may read: a certificate.</summary>
    public static void ReplacePublic(string path, byte[] contents) =>
        Write(path, contents, replace: true, Owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

    private static void Write(string path, byte[] contents, bool replace, UnixFileMode mode)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        CreateDirectory(directory);
        var temporary = Path.Combine(directory, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
        try
        {
            using (var file = new FileStream(temporary, Options(mode)))
            {
                file.Write(contents);
                file.Flush(flushToDisk: true);
            }

            if (mode != Owner && !OperatingSystem.IsWindows())
            {
                // The process's mask has taken from it what others may.
                File.SetUnixFileMode(temporary, mode);
            }

            Publish(temporary, path, replace);
        }
        finally
        {
            File.Delete(temporary);
        }

        DurableFile.SyncDirectory(directory);
    }

    // Without replacing, the first of several writers wins. On Unix the runtime's own move looks before it renames, so that
    // two writers can both succeed; a link cannot be made over a file that exists.
    [SuppressMessage("ApiDesign", "RS0030", Justification = "The directory is synced by the caller.")]
    private static void Publish(string temporary, string path, bool replace)
    {
        if (!replace && !OperatingSystem.IsWindows())
        {
            if (Link(Terminated(temporary), Terminated(path)) == 0 || Marshal.GetLastPInvokeError() == FileExists)
            {
                return;
            }

            // File systems without links, such as some network mounts: the move below is the best they have.
        }

        try
        {
            File.Move(temporary, path, replace);
        }
        catch (IOException) when (!replace && File.Exists(path))
        {
        }
    }

    private static FileStreamOptions Options(UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        return options;
    }

    private static void CreateDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, Owner | UnixFileMode.UserExecute);
        }
    }

    private static byte[] Terminated(string path) => Encoding.UTF8.GetBytes(path + '\0');

    [DllImport("libc", EntryPoint = "link", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(byte[] existing, byte[] path);
}
