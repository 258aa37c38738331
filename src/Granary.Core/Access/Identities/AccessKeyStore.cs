using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>Users' access keys. The secret of a key never leaves through here.</summary>
public sealed class AccessKeyStore(GranaryDatabase database, ChangeLog log, Quotas quotas)
{
    /// <exception cref="Refusal">LimitExceeded: the user has two. NoSuchEntity.</exception>
    public Task AddAsync(Identity user, AccessKey key, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            user.AccountId,
            actor,
            async db =>
            {
                await IdentityRows.LoadAsync(db, user);
                if (await Of(db, user).CountAsync() >= quotas.AccessKeysPerUser)
                {
                    throw IdentityRefusals.LimitExceeded("AccessKeysPerUser", quotas.AccessKeysPerUser);
                }

                db.AccessKeys.Add(key);
                return true;
            },
            cancellation);

    /// <summary>A key of the account, or null.</summary>
    public async Task<AccessKey?> FindAsync(string account, string id, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.AccessKeys.AsNoTracking().SingleOrDefaultAsync(k => k.AccountId == account && k.Id == id, cancellation);
    }

    /// <summary>A page by id.</summary>
    public async Task<IReadOnlyList<AccessKey>> ListAsync(Identity user, string? after, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var rows = Of(db, user).AsNoTracking();
        rows = after is null ? rows : rows.Where(k => string.Compare(k.Id, after) > 0);
        return await rows.OrderBy(k => k.Id).Take(take).ToListAsync(cancellation);
    }

    /// <summary>When this returns, requests that were signed with an inactive key are refused.</summary>
    /// <exception cref="Refusal">NoSuchEntity: the user has no such key.</exception>
    public Task SetActiveAsync(Identity user, string id, bool active, Actor actor, CancellationToken cancellation) =>
        WriteAsync(user, id, (_, key) => key.Active = active, actor, cancellation);

    /// <exception cref="Refusal">NoSuchEntity: the user has no such key.</exception>
    public Task DeleteAsync(Identity user, string id, Actor actor, CancellationToken cancellation) =>
        WriteAsync(user, id, (db, key) => db.AccessKeys.Remove(key), actor, cancellation);

    public static Refusal NoSuch(string id) => IdentityRefusals.NoSuchEntity($"The Access Key with id {id} cannot be found.");

    private Task<bool> WriteAsync(Identity user, string id, Action<GranaryContext, AccessKey> change, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            user.AccountId,
            actor,
            async db =>
            {
                change(db, await Of(db, user).SingleOrDefaultAsync(k => k.Id == id) ?? throw NoSuch(id));
                return true;
            },
            cancellation);

    private static IQueryable<AccessKey> Of(GranaryContext db, Identity user) =>
        db.AccessKeys.Where(k => k.AccountId == user.AccountId && k.UserId == user.Id);
}
