using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Granary.Core.Encryption;

/// <summary>
/// AES-256-GCM over the chunks of one object, under a key of its own: derived from the domain's data key and the salt in the header. The
/// nonce is the chunk's number and whether it is the last one; header and storage key are associated data of each chunk. So no chunk
/// opens at another place, in another object or domain, or in an object of another length.
/// </summary>
internal sealed class ObjectCipher : IDisposable
{
    private const int NonceLength = 12;

    private static readonly byte[] KeyUse = Encoding.ASCII.GetBytes("granary sealed asset 1: key");

    private readonly AesGcm aes;
    private readonly byte[] bound;

    public ObjectCipher(byte[] dataKey, string storageKey, ReadOnlySpan<byte> header)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, dataKey, key, SealedForm.SaltOf(header), KeyUse);
        aes = new AesGcm(key, SealedForm.TagLength);
        CryptographicOperations.ZeroMemory(key);
        bound = [.. header, .. Encoding.ASCII.GetBytes(storageKey)];
    }

    /// <summary>
    /// The salt of some content under a storage key. Others have another one, so that no key and nonce ever encrypt two contents; the same
    /// content has the same, so that two nodes that store it at once write identical bytes (decision 13).
    /// </summary>
    public static byte[] SaltOf(byte[] dataKey, string storageKey, byte[] sha256) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256, dataKey, SealedForm.SaltLength, sha256, Encoding.ASCII.GetBytes($"granary sealed asset 1: salt of {storageKey}"));

    /// <param name="chunk">The plain bytes and room for the tag; encrypted in place.</param>
    public void Seal(long number, bool isLast, Span<byte> chunk)
    {
        Span<byte> nonce = stackalloc byte[NonceLength];
        Write(nonce, number, isLast);
        var text = chunk[..^SealedForm.TagLength];
        aes.Encrypt(nonce, text, text, chunk[^SealedForm.TagLength..], bound);
    }

    /// <summary>Decrypts a chunk in place and answers the plain bytes.</summary>
    /// <exception cref="DamagedBytesException">It is not what was written there.</exception>
    public Span<byte> Open(long number, bool isLast, Span<byte> chunk)
    {
        Span<byte> nonce = stackalloc byte[NonceLength];
        Write(nonce, number, isLast);
        var text = chunk[..^SealedForm.TagLength];
        try
        {
            aes.Decrypt(nonce, text, chunk[^SealedForm.TagLength..], text, bound);
            return text;
        }
        catch (AuthenticationTagMismatchException failure)
        {
            throw new DamagedBytesException("The stored bytes are not those that were encrypted there.", failure);
        }
    }

    public void Dispose() => aes.Dispose();

    private static void Write(Span<byte> nonce, long number, bool isLast)
    {
        nonce.Clear();
        nonce[0] = isLast ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64BigEndian(nonce[^sizeof(long)..], number);
    }
}
