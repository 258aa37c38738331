using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Granary.Server.Authentication;

/// <summary>
/// Derived signing keys, remembered for each access key, day, region and service. Holds at most 1024 and starts again when full;
/// only access keys that exist get here, so that strangers cannot push entries out.
/// </summary>
internal sealed class SigningKeyCache
{
    private const int Capacity = 1024;

    private readonly ConcurrentDictionary<(string KeyId, string Date, string Region, string Service), Entry> entries = new();

    public byte[] Get(string accessKeyId, string secret, string date, string region, string service)
    {
        var name = (accessKeyId, date, region, service);
        var secretHash = SHA256.HashData(Encoding.UTF8.GetBytes(secret));
        // A secret may be replaced under the same id (a restored backup, a key that was made again): the old key must not live on.
        if (entries.TryGetValue(name, out var known) && CryptographicOperations.FixedTimeEquals(known.SecretHash, secretHash))
        {
            return known.Key;
        }

        if (entries.Count >= Capacity)
        {
            entries.Clear();
        }

        var key = Derive(secret, date, region, service);
        entries[name] = new Entry(secretHash, key);
        return key;
    }

    private static byte[] Derive(string secret, string date, string region, string service)
    {
        var key = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (var step in (ReadOnlySpan<string>)[date, region, service, "aws4_request"])
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(step));
        }

        return key;
    }

    private sealed record Entry(byte[] SecretHash, byte[] Key);
}
