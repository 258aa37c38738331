namespace Granary.Formats;

/// <summary>A member of a zip archive as the central directory has it. Sizes and the offset of its local header are in bytes.</summary>
internal sealed record ZipEntry(string Name, ushort Flags, ushort Method, uint Crc, long Compressed, long Size, long Offset)
{
    public const ushort Stored = 0;
    public const ushort Deflated = 8;

    /// <summary>The sizes follow the data instead of preceding it.</summary>
    public bool HasDescriptor => (Flags & 8) != 0;

    public bool IsDirectory => Name.EndsWith('/');
}
