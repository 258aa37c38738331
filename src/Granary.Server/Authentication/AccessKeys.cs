using System.Security.Cryptography;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Authentication;

/// <summary>A principal and the secret that its signatures are made with.</summary>
public sealed record Credential(Principal Principal, string Secret);

/// <summary>Finds and makes access keys. Each look-up reads the database, so a key that was disabled is disabled at once.</summary>
public sealed class AccessKeys(GranaryDatabase database, SecretSeal seal)
{
    // AWS's form: AKIA and 16 characters of base 32; 40 characters of base 64 for the secret.
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private static readonly CompiledQuery<Func<GranaryContext, string, Task<AccessKey?>>> OneKey = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, string id) => db.AccessKeys.AsNoTracking().SingleOrDefault(k => k.Id == id)));

    /// <exception cref="Refusal">There is no such key, or it is inactive.</exception>
    public async Task<Credential> FindAsync(string accessKeyId)
    {
        await using var db = database.Open();
        if (await OneKey.On(db)(db, accessKeyId) is not { Active: true } key)
        {
            throw Refusal.Unauthenticated("The security token included in the request is invalid.", "UnrecognizedClientException");
        }

        return new Credential(Principal.User(key.AccountId, key.UserName), seal.Open(key.SealedSecret, key.Id));
    }

    /// <summary>A new key, its secret sealed; the secret is shown this once.</summary>
    public (AccessKey Key, string Secret) Create(string accountId, string userName, DateTimeOffset now)
    {
        var id = "AKIA" + RandomNumberGenerator.GetString(Base32, 16);
        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(30));
        var key = new AccessKey
        {
            Id = id,
            AccountId = accountId,
            UserName = userName,
            SealedSecret = seal.Seal(secret, id),
            Active = true,
            CreatedAt = now,
        };
        return (key, secret);
    }
}
