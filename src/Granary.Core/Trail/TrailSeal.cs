using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Granary.Core.Trail;

/// <summary>
/// The MACs of the trail. Their key is outside the database, so that whoever can write there can forge nothing.
/// </summary>
/// <param name="key">32 bytes.</param>
public sealed class TrailSeal(byte[] key)
{
    internal static readonly byte[] Start = new byte[HMACSHA256.HashSizeInBytes];

    internal byte[] Segment(string trail, long number, byte[] previous, SegmentContent content)
    {
        using var mac = Begin("segment", trail);
        Append(mac, number);
        Append(mac, previous);
        Append(mac, content.FirstAt.ToUnixTimeMilliseconds());
        Append(mac, content.LastAt.ToUnixTimeMilliseconds());
        Append(mac, content.Records);
        Append(mac, Encoding.UTF8.GetBytes(content.Accounts));
        Append(mac, content.Body);
        return mac.GetHashAndReset();
    }

    internal byte[] Trail(string id, long count, byte[] head, long first, byte[] floor)
    {
        using var mac = Begin("trail", id);
        Append(mac, count);
        Append(mac, head);
        Append(mac, first);
        Append(mac, floor);
        return mac.GetHashAndReset();
    }

    /// <summary>
    /// What stands for the MAC of a row that was found forged. It matches nothing, so that the fault stays visible to whoever verifies
    /// the chain later, and nothing that is appended makes a forged row good.
    /// </summary>
    internal byte[] Broken(byte[] forged)
    {
        using var mac = Begin("broken", "");
        Append(mac, forged);
        return mac.GetHashAndReset();
    }

    internal bool IsGenuine(TrailHead row) =>
        CryptographicOperations.FixedTimeEquals(Trail(row.Id, row.Count, row.Head, row.First, row.Floor), row.Mac);

    private IncrementalHash Begin(string kind, string id)
    {
        var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        Append(mac, Encoding.UTF8.GetBytes(kind));
        Append(mac, Encoding.UTF8.GetBytes(id));
        return mac;
    }

    private static void Append(IncrementalHash mac, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        mac.AppendData(bytes);
    }

    // With its length, so that no two rows are written alike.
    private static void Append(IncrementalHash mac, byte[] bytes)
    {
        Append(mac, bytes.Length);
        mac.AppendData(bytes);
    }
}
