using System.Security.Cryptography;
using System.Text;
using Granary.Server.Hosting;

namespace Granary.Server.Authentication;

/// <summary>
/// Seals the secrets of access keys with AES-256-GCM. The key is in <c>keys/access-keys.key</c> of the data directory (mode
/// 0600), outside the database, so that a copy of the database alone can sign nothing. The access key's id is bound in: a sealed
/// secret that is moved to another row does not open.
/// </summary>
public sealed class SecretSeal
{
    private const byte Version = 1;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeadLength = 1 + NonceLength + TagLength;

    private readonly byte[] key;

    /// <param name="directory">The data directory. The first start makes the key there.</param>
    public SecretSeal(string directory)
    {
        key = KeyFile.ReadOrCreate(Path.Combine(directory, "keys", "access-keys.key"), () => RandomNumberGenerator.GetBytes(32));
        if (key.Length != 32)
        {
            throw new InvalidDataException("keys/access-keys.key of the data directory is damaged: it must hold 32 bytes. Restore it from a backup.");
        }
    }

    /// <summary>A version byte, the nonce, the tag and the encrypted secret.</summary>
    public byte[] Seal(string secret, string accessKeyId)
    {
        var plain = Encoding.UTF8.GetBytes(secret);
        var box = new byte[HeadLength + plain.Length];
        box[0] = Version;
        var nonce = box.AsSpan(1, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(key, TagLength);
        cipher.Encrypt(nonce, plain, box.AsSpan(HeadLength), box.AsSpan(1 + NonceLength, TagLength), Encoding.UTF8.GetBytes(accessKeyId));
        return box;
    }

    /// <exception cref="CryptographicException">The secret was sealed with another key or for another access key, or was changed.</exception>
    public string Open(byte[] box, string accessKeyId)
    {
        if (box.Length < HeadLength || box[0] != Version)
        {
            throw new CryptographicException($"The stored secret of access key {accessKeyId} is not one that this version has sealed.");
        }

        var plain = new byte[box.Length - HeadLength];
        try
        {
            using var cipher = new AesGcm(key, TagLength);
            cipher.Decrypt(
                box.AsSpan(1, NonceLength), box.AsSpan(HeadLength), box.AsSpan(1 + NonceLength, TagLength), plain, Encoding.UTF8.GetBytes(accessKeyId));
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new CryptographicException(
                $"The stored secret of access key {accessKeyId} does not open. Restore the keys/access-keys.key that belongs to this database.", e);
        }

        return Encoding.UTF8.GetString(plain);
    }
}
