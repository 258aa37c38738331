using System.Security.Cryptography;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Access.Identities;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Authentication;

/// <summary>A principal and the secret that its signatures are made with.</summary>
public sealed record Credential(Principal Principal, string Secret);

/// <summary>Finds and makes users' access keys. Each look-up reads the database, so a key that was disabled is disabled at once.</summary>
public sealed class AccessKeys(GranaryDatabase database, IdentityDirectory identities, SecretSeal seal)
{
    private static readonly CompiledQuery<Func<GranaryContext, string, Task<AccessKey?>>> OneKey = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, string id) => db.AccessKeys.AsNoTracking().SingleOrDefault(k => k.Id == id)));

    /// <exception cref="Refusal">There is no such key, it is inactive, or its user is gone.</exception>
    public async Task<Credential> FindAsync(string accessKeyId)
    {
        await using var db = database.Open();
        if (await OneKey.On(db)(db, accessKeyId) is not { Active: true } key || await identities.FindAsync(key.AccountId, key.UserId) is not { } user)
        {
            throw AuthenticationFailure.UnknownKey();
        }

        return new Credential(
            new Principal(user.AccountId, user.Arn) { IdentityId = user.Id, AccessKeyId = key.Id },
            seal.Open(key.SealedSecret, key.Id));
    }

    /// <summary>Whether the key's secret was sealed with a key of this data directory.</summary>
    public bool Opens(AccessKey key) => seal.Opens(key.SealedSecret, key.Id);

    /// <summary>A new key, its secret sealed; the secret is shown this once.</summary>
    public (AccessKey Key, string Secret) Create(string accountId, string userId, DateTimeOffset now)
    {
        var id = UniqueId.New(UniqueId.AccessKey);
        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(30));
        var key = new AccessKey
        {
            Id = id,
            AccountId = accountId,
            UserId = userId,
            SealedSecret = seal.Seal(secret, id),
            Active = true,
            CreatedAt = now,
        };
        return (key, secret);
    }
}
