using System.Security.Cryptography;
using System.Text;
using Granary.Core.Database;
using Granary.Core.Encryption;
using Granary.Server.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Encryption;

/// <summary>
/// Keys that this server keeps itself: rows of the database, sealed under the master key in <c>keys/encryption.key</c> of the data
/// directory. A key that is disabled is so on every node.
/// </summary>
/// <param name="store">Makes the keys of domains that name none; null where no domain is created.</param>
/// <param name="demandsEnabled">Whether a disabled key unwraps nothing. A backup is restored with its keys as they are.</param>
internal sealed class LocalKeys(string directory, GranaryDatabase database, LocalKeyStore? store, bool demandsEnabled = true) : IKeyService
{
    private const string AliasPrefix = "alias/";

    public async Task<string> FindAsync(string account, string named, CancellationToken cancellation) =>
        Demand(await FindRowAsync(database, account, named, cancellation) ?? throw KeyRefusal.NotFound(named)).Arn;

    public Task<string> DefaultAsync(string account, CancellationToken cancellation) =>
        store?.CreateAsync(account, alias: null, cancellation) ?? throw new InvalidOperationException("No keys are made here.");

    public async Task<byte[]> GenerateAsync(string arn, string context, CancellationToken cancellation)
    {
        var key = await OpenAsync(arn, cancellation);
        return key.Seal(RandomNumberGenerator.GetBytes(KeyRing.KeyLength), Encoding.UTF8.GetBytes(context));
    }

    public async Task<byte[]> UnwrapAsync(DomainKey key, CancellationToken cancellation) =>
        (await OpenAsync(key.KeyArn, cancellation)).Open(key.Wrapped, Encoding.UTF8.GetBytes(key.Context))
            ?? throw KeyRefusal.Of($"The encryption key {key.KeyArn} did not wrap the key of {key.Context}. The database is not the one of these keys: restore both from one backup.");

    /// <summary>The key of an account by its id, ARN, alias or the alias's ARN; null where it has none.</summary>
    internal static async Task<EncryptionKey?> FindRowAsync(GranaryDatabase database, string account, string named, CancellationToken cancellation)
    {
        var alias = named.StartsWith(AliasPrefix, StringComparison.Ordinal) ? named[AliasPrefix.Length..]
            : named.Split(':', 6) is ["arn", _, "kms", _, var owner, var name] && owner == account && name.StartsWith(AliasPrefix, StringComparison.Ordinal) ? name[AliasPrefix.Length..]
            : null;
        await using var db = database.Open();
        return await db.EncryptionKeys.AsNoTracking().SingleOrDefaultAsync(
            k => k.AccountId == account && (k.Id == named || k.Arn == named || (alias != null && k.Alias == alias)), cancellation);
    }

    private EncryptionKey Demand(EncryptionKey row) => row.IsEnabled || !demandsEnabled ? row : throw KeyRefusal.Disabled(row.Arn);

    private async Task<KeyRing> OpenAsync(string arn, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var row = Demand(await db.EncryptionKeys.AsNoTracking().SingleOrDefaultAsync(k => k.Arn == arn, cancellation) ?? throw KeyRefusal.NotFound(arn));
        if (!File.Exists(LocalKeyStore.PathOf(directory)))
        {
            // Looked for before it is used: it would be made, and open nothing.
            throw KeyRefusal.Of($"The encryption key {arn} cannot be used: this server has no keys/{LocalKeyStore.FileName}. Its operator has to copy it from another node of this database, or from the backup.");
        }

        return LocalKeyStore.Master(directory).Open(row.SealedKey, Encoding.ASCII.GetBytes(arn)) is { } key
            ? KeyRing.OfOne(key)
            : throw KeyRefusal.Of($"The encryption key {arn} cannot be used: keys/{LocalKeyStore.FileName} of this server is that of another database. Its operator has to copy it from another node of this database, or from the backup.");
    }
}
