using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Server.Encryption;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Authentication;

/// <summary>
/// Replaces the keys that are kept outside the database, while no server runs. Broken off anywhere it leaves files and rows that
/// open with each other, and a second run completes it.
/// </summary>
internal sealed class KeyRotation(string directory, GranaryDatabase database, TimeProvider clock)
{
    /// <exception cref="InvalidOperationException">The database is not the one that these keys belong to.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A secret does not open: nothing was changed in the database.</exception>
    /// <returns>How many secrets of access keys were sealed anew.</returns>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        await DemandSecretsAsync(cancellation);
        var now = clock.GetUtcNow();
        TokenKeys.Rotate(directory, clock);
        KeyRing.LoadOrCreate(directory, SessionCredentials.FileName).Rotate(now, since: now - SessionCredentials.LongestSession);

        // The new key is on disk before anything is sealed with it, the old one until nothing is sealed with it any more. Where an
        // earlier run has come as far as the first step, its key is the new one.
        var keys = KeyRing.LoadOrCreate(directory, SecretSeal.FileName);
        keys = keys.HoldsReplaced ? keys : keys.Rotate(now, since: DateTimeOffset.MinValue);
        var count = await SealAnewAsync(new SecretSeal(keys), cancellation);
        keys.DropReplaced();
        await using var log = Log();
        await new LocalKeyStore(directory, region: "", log, clock).RotateAsync(cancellation);
        return count;
    }

    private ChangeLog Log() => new(database, new DomainStamps(database), new AccountRevisions(database), clock);

    // With the wrong database the right one's secrets would be lost with the old key.
    private async Task DemandSecretsAsync(CancellationToken cancellation)
    {
        await using var db = database.Open();
        if (!await db.AccessKeys.AnyAsync(cancellation))
        {
            throw new InvalidOperationException("The database holds no access keys, so it is not the one of this data directory. Name that one with --database.");
        }
    }

    private async Task<int> SealAnewAsync(SecretSeal seal, CancellationToken cancellation)
    {
        var count = 0;
        await using var log = Log();
        await log.WriteServerAsync(
            async db =>
            {
                foreach (var key in await db.AccessKeys.ToListAsync(CancellationToken.None))
                {
                    key.SealedSecret = seal.Seal(seal.Open(key.SealedSecret, key.Id), key.Id);
                    count++;
                }

                // What connections send with is sealed by the same key.
                foreach (var connection in await db.EventConnections.Where(c => c.SealedParameters != null).ToListAsync(CancellationToken.None))
                {
                    connection.SealedParameters = seal.Seal(seal.Open(connection.SealedParameters!, connection.Id), connection.Id);
                }

                await db.SaveChangesAsync(CancellationToken.None);
            },
            cancellation);
        return count;
    }
}
