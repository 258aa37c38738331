using System.Buffers.Binary;

namespace Granary.Core.Trail;

/// <summary>
/// The ids of records: twelve bytes of their segment's MAC and their place in it, as a UUID of version 8 (RFC 9562). Nothing is stored
/// for them, no random number is drawn, and an id says which segment to look into.
/// </summary>
internal static class EventIds
{
    private const int Prefix = 12;

    public static Guid Of(ReadOnlySpan<byte> mac, int index)
    {
        Span<byte> bytes = stackalloc byte[16];
        mac[..Prefix].CopyTo(bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes[Prefix..], index);
        Mark(bytes);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>Whether it can be the id of a record of the segment.</summary>
    public static bool IsIn(Guid id, ReadOnlySpan<byte> mac)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return Of(mac, BinaryPrimitives.ReadInt32BigEndian(bytes[Prefix..])) == id;
    }

    private static void Mark(Span<byte> bytes)
    {
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
    }
}
