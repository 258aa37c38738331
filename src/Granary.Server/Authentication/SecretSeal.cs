using System.Security.Cryptography;
using System.Text;

namespace Granary.Server.Authentication;

/// <summary>
/// Seals the secrets of access keys with AES-256-GCM. The key is in <c>keys/access-keys.key</c> of the data directory (mode
/// 0600), outside the database, so that a copy of the database alone can sign nothing. The access key's id is bound in: a sealed
/// secret that is moved to another row does not open.
/// </summary>
public sealed class SecretSeal
{
    /// <summary>The name of the file of keys.</summary>
    internal const string FileName = "access-keys.key";

    private readonly KeyRing keys;

    /// <param name="directory">The data directory. The first start makes the key there.</param>
    public SecretSeal(string directory)
        : this(KeyRing.LoadOrCreate(directory, FileName))
    {
    }

    internal SecretSeal(KeyRing keys) => this.keys = keys;

    /// <summary>The secret under the newest key.</summary>
    public byte[] Seal(string secret, string accessKeyId) => keys.Seal(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(accessKeyId));

    /// <summary>Whether <see cref="Open"/> would.</summary>
    public bool Opens(byte[] box, string accessKeyId) => keys.Open(box, Encoding.UTF8.GetBytes(accessKeyId)) is not null;

    /// <exception cref="CryptographicException">The secret was sealed with another key or for another access key, or was changed.</exception>
    public string Open(byte[] box, string accessKeyId) =>
        keys.Open(box, Encoding.UTF8.GetBytes(accessKeyId)) is { } plain
            ? Encoding.UTF8.GetString(plain)
            : throw new CryptographicException(
                $"The stored secret of access key {accessKeyId} does not open. Restore the keys/{FileName} that belongs to this database.");
}
