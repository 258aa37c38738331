using Granary.Core.Encryption;

namespace Granary.Core.Assets;

/// <summary>What a failing disk is called towards a client: it may send the same request again.</summary>
public static class StorageRefusal
{
    // ENOSPC and EDQUOT of Linux, as .NET keeps them in the result code; ERROR_DISK_FULL of Windows.
    private const int NoSpace = 28;
    private const int OverQuota = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    public static Refusal Of(Exception failure) =>
        failure is FileNotFoundException or EndOfStreamException or DamagedBytesException ? AssetStore.Damaged()
        : failure.HResult is NoSpace or OverQuota or WindowsDiskFull
            ? Refusal.StorageFull(failure)
        : Refusal.Unavailable("The storage cannot be written at the moment. Send the request again later.", failure);
}
