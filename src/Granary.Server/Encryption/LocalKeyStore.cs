using System.Security.Cryptography;
using System.Text;
using Granary.Core.Database;
using Granary.Core.Encryption;
using Granary.Core.Events;
using Granary.Core.Trail;
using Granary.Server.Authentication;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Encryption;

/// <summary>Makes, enables and disables the keys of <see cref="LocalKeys"/>. Each change is an event in the audit trail.</summary>
internal sealed class LocalKeyStore(string directory, string region, ChangeLog log, TimeProvider clock)
{
    /// <summary>The name of the file of master keys.</summary>
    public const string FileName = "encryption.key";

    public static string PathOf(string directory) => Path.Combine(directory, "keys", FileName);

    /// <summary>The master key, which is made where there is none.</summary>
    public static KeyRing Master(string directory) => KeyRing.LoadOrCreate(directory, FileName);

    /// <summary>Makes a key and answers its ARN.</summary>
    /// <param name="alias">Its name without <c>alias/</c>, or null.</param>
    /// <exception cref="InvalidOperationException">The account has a key of that alias.</exception>
    /// <exception cref="Core.Refusal">This node has another master key than the keys of the database were sealed under, or none.</exception>
    public async Task<string> CreateAsync(string account, string? alias, CancellationToken cancellation)
    {
        var id = Guid.NewGuid().ToString();
        var arn = $"arn:aws:kms:{region}:{account}:key/{id}";
        await log.WriteServerAsync(
            By(account, "CreateKey"),
            async db =>
            {
                if (alias is not null && await db.EncryptionKeys.AnyAsync(k => k.AccountId == account && k.Alias == alias, CancellationToken.None))
                {
                    throw new InvalidOperationException($"The account {account} has a key alias/{alias} already. Choose another alias.");
                }

                await DemandMasterAsync(db);
                var sealedKey = Master(directory).Seal(RandomNumberGenerator.GetBytes(KeyRing.KeyLength), Encoding.ASCII.GetBytes(arn));
                db.EncryptionKeys.Add(
                    new EncryptionKey { AccountId = account, Id = id, Arn = arn, Alias = alias, IsEnabled = true, CreatedAt = clock.GetUtcNow(), SealedKey = sealedKey });
                await db.SaveChangesAsync(CancellationToken.None);
            },
            cancellation);
        return arn;
    }

    /// <summary>Nothing happens where it is so already.</summary>
    public Task SetEnabledAsync(EncryptionKey key, bool isEnabled, CancellationToken cancellation) => log.WriteServerAsync(
        By(key.AccountId, isEnabled ? "EnableKey" : "DisableKey"),
        db => db.EncryptionKeys.Where(k => k.AccountId == key.AccountId && k.Id == key.Id).ExecuteUpdateAsync(set => set.SetProperty(k => k.IsEnabled, isEnabled), CancellationToken.None),
        cancellation);

    /// <summary>Replaces the master key and seals all keys anew, while no server runs. Broken off anywhere, what is there opens, and the next run completes it.</summary>
    /// <returns>How many keys were sealed anew.</returns>
    public async Task<int> RotateAsync(CancellationToken cancellation)
    {
        if (!File.Exists(PathOf(directory)))
        {
            return 0;
        }

        var master = Master(directory);
        master = master.HoldsReplaced ? master : master.Rotate(clock.GetUtcNow(), since: DateTimeOffset.MinValue);
        var count = 0;
        await log.WriteServerAsync(
            async db =>
            {
                foreach (var key in await db.EncryptionKeys.ToListAsync(CancellationToken.None))
                {
                    var bound = Encoding.ASCII.GetBytes(key.Arn);
                    key.SealedKey = master.Seal(
                        master.Open(key.SealedKey, bound) ?? throw new CryptographicException($"The encryption key {key.Arn} does not open. Restore the keys/{FileName} that belongs to this database."),
                        bound);
                    count++;
                }

                await db.SaveChangesAsync(CancellationToken.None);
            },
            cancellation);
        master.DropReplaced();
        return count;
    }

    /// <summary>A node that was not given the master key must not make one of its own, which would open nothing of the others'.</summary>
    private async Task DemandMasterAsync(GranaryContext db)
    {
        if (await db.EncryptionKeys.AsNoTracking().OrderByDescending(k => k.CreatedAt).FirstOrDefaultAsync(CancellationToken.None) is { } newest
            && (!File.Exists(PathOf(directory)) || Master(directory).Open(newest.SealedKey, Encoding.ASCII.GetBytes(newest.Arn)) is null))
        {
            throw KeyRefusal.Of($"keys/{FileName} of this server is missing, or that of another database. Its operator has to copy it from another node of this database, or from the backup.");
        }
    }

    private static Actor By(string account, string name) =>
        new("granary:operator", new TrailRecord { Source = "kms.amazonaws.com", Name = name, Account = account, IsServiceEvent = true });
}
