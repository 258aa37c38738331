using System.Buffers.Binary;
using System.Security.Cryptography;
using Granary.Server.Hosting;

namespace Granary.Server.Authentication;

/// <summary>
/// The AES-256-GCM keys of one file below <c>keys/</c>: the first one seals, all open. The file holds the first key's 32 bytes, and for
/// each key that it replaced its 32 bytes and the second since 1970 in which it was replaced, 8 bytes, big end first.
/// </summary>
internal sealed class KeyRing
{
    /// <summary>Bytes of a key.</summary>
    internal const int KeyLength = 32;
    private const int ReplacedLength = KeyLength + sizeof(long);
    private const byte Version = 1;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeadLength = 1 + NonceLength + TagLength;

    private readonly string path;
    private readonly IReadOnlyList<(byte[] Key, DateTimeOffset? ReplacedAt)> keys;

    private KeyRing(string path, IReadOnlyList<(byte[] Key, DateTimeOffset? ReplacedAt)> keys)
    {
        (this.path, this.keys) = (path, keys);
    }

    /// <summary>Whether keys are kept that something may still be sealed with.</summary>
    public bool HoldsReplaced => keys.Count > 1;

    /// <summary>Reads the file; the first start makes it, with one key.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static KeyRing LoadOrCreate(string directory, string name)
    {
        var path = Path.Combine(directory, "keys", name);
        var contents = KeyFile.ReadOrCreate(path, () => RandomNumberGenerator.GetBytes(KeyLength));
        if (contents.Length < KeyLength || (contents.Length - KeyLength) % ReplacedLength != 0)
        {
            throw new InvalidDataException($"keys/{name} of the data directory is damaged: its length is not that of keys. Restore it from a backup.");
        }

        var keys = new List<(byte[], DateTimeOffset?)> { (contents[..KeyLength], null) };
        for (var at = KeyLength; at < contents.Length; at += ReplacedLength)
        {
            var seconds = BinaryPrimitives.ReadInt64BigEndian(contents.AsSpan(at + KeyLength));
            keys.Add((contents[at..(at + KeyLength)], DateTimeOffset.UnixEpoch.AddSeconds(Math.Clamp(seconds, 0, int.MaxValue))));
        }

        return new KeyRing(path, keys);
    }

    /// <summary>One key that is in no file.</summary>
    public static KeyRing OfOne(byte[] key) => new("", [(key, null)]);

    /// <summary>Puts a new key first and keeps those that were not replaced before <paramref name="since"/>; on disk when it returns.</summary>
    public KeyRing Rotate(DateTimeOffset now, DateTimeOffset since) => Replace(
        [(RandomNumberGenerator.GetBytes(KeyLength), null), .. keys.Select(k => (k.Key, (DateTimeOffset?)(k.ReplacedAt ?? now))).Where(k => k.Item2 >= since)]);

    /// <summary>Keeps the first key alone: what another one has sealed does not open any more.</summary>
    public KeyRing DropReplaced() => Replace([keys[0]]);

    /// <summary>A version byte, the nonce, the tag and the encrypted text.</summary>
    /// <param name="bound">What the box belongs to; it opens with the same alone.</param>
    public byte[] Seal(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> bound)
    {
        var box = new byte[HeadLength + plain.Length];
        box[0] = Version;
        RandomNumberGenerator.Fill(box.AsSpan(1, NonceLength));
        using var cipher = new AesGcm(keys[0].Key, TagLength);
        cipher.Encrypt(box.AsSpan(1, NonceLength), plain, box.AsSpan(HeadLength), box.AsSpan(1 + NonceLength, TagLength), bound);
        return box;
    }

    /// <summary>The text; null where the box was sealed with none of the keys or for something else, or was changed.</summary>
    /// <param name="since">Keys that were replaced before then do not count.</param>
    public byte[]? Open(ReadOnlySpan<byte> box, ReadOnlySpan<byte> bound, DateTimeOffset since = default)
    {
        if (box.Length < HeadLength || box[0] != Version)
        {
            return null;
        }

        var plain = new byte[box.Length - HeadLength];
        foreach (var (key, replacedAt) in keys)
        {
            if (replacedAt is { } moment && moment < since)
            {
                continue;
            }

            try
            {
                using var cipher = new AesGcm(key, TagLength);
                cipher.Decrypt(box.Slice(1, NonceLength), box[HeadLength..], box.Slice(1 + NonceLength, TagLength), plain, bound);
                return plain;
            }
            catch (AuthenticationTagMismatchException)
            {
                // Sealed with another key, or changed: the next one tells.
            }
        }

        return null;
    }

    private KeyRing Replace(IReadOnlyList<(byte[] Key, DateTimeOffset? ReplacedAt)> next)
    {
        var contents = new byte[KeyLength + ((next.Count - 1) * ReplacedLength)];
        next[0].Key.CopyTo(contents, 0);
        for (var i = 1; i < next.Count; i++)
        {
            var at = KeyLength + ((i - 1) * ReplacedLength);
            next[i].Key.CopyTo(contents, at);
            BinaryPrimitives.WriteInt64BigEndian(contents.AsSpan(at + KeyLength), next[i].ReplacedAt!.Value.ToUnixTimeSeconds());
        }

        KeyFile.Replace(path, contents);
        return new KeyRing(path, next);
    }
}
