using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Granary.Server.Diagnosis;

/// <summary>Whose a file is, which .NET does not say.</summary>
internal static class FileOwner
{
    // statx(2): AT_FDCWD, STATX_UID, and where stx_uid lies in a structure of 256 bytes that is the same on every architecture.
    private const int CurrentDirectory = -100;
    private const uint Uid = 0x8;
    private const int UidOffset = 20;

    /// <summary>The number of the user, or null where the system cannot say it.</summary>
    public static uint? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            var buffer = new byte[256];
            return Statx(CurrentDirectory, Encoding.UTF8.GetBytes(path + '\0'), 0, Uid, buffer) == 0
                ? BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(UidOffset))
                : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null; // A C library older than the call.
        }
    }

    public static uint Self() => OperatingSystem.IsLinux() ? GetEffectiveUser() : 0;

    [DllImport("libc", EntryPoint = "statx"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int directory, byte[] path, int flags, uint mask, byte[] buffer);

    [DllImport("libc", EntryPoint = "geteuid"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint GetEffectiveUser();
}
