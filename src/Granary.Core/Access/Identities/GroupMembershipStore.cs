using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>Which users are in which groups.</summary>
public sealed class GroupMembershipStore(GranaryDatabase database, ChangeLog log, Quotas quotas)
{
    /// <summary>Adding a user who is in the group already changes nothing.</summary>
    /// <exception cref="Refusal">LimitExceeded: the user is in ten groups. NoSuchEntity: one of the two was deleted meanwhile.</exception>
    public Task AddAsync(Identity group, Identity user, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            group.AccountId,
            actor,
            async db =>
            {
                await IdentityRows.LoadAsync(db, group);
                await IdentityRows.LoadAsync(db, user);
                var groups = await db.GroupMembers.Where(m => m.AccountId == user.AccountId && m.UserId == user.Id).Select(m => m.GroupId).ToListAsync();
                if (groups.Contains(group.Id))
                {
                    return false;
                }

                if (groups.Count >= quotas.GroupsPerUser)
                {
                    throw IdentityRefusals.LimitExceeded("GroupsPerUser", quotas.GroupsPerUser);
                }

                db.GroupMembers.Add(new GroupMember { AccountId = group.AccountId, GroupId = group.Id, UserId = user.Id });
                return true;
            },
            cancellation);

    /// <exception cref="Refusal">NoSuchEntity: the user is not in the group.</exception>
    public Task RemoveAsync(Identity group, Identity user, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            group.AccountId,
            actor,
            async db => await db.GroupMembers
                .Where(m => m.AccountId == group.AccountId && m.GroupId == group.Id && m.UserId == user.Id)
                .ExecuteDeleteAsync() == 1
                ? true
                : throw IdentityRefusals.NoSuchEntity($"User {user.Name} is not in group {group.Name}."),
            cancellation);

    /// <summary>A page of the group's users by name.</summary>
    public Task<IReadOnlyList<Identity>> UsersAsync(Identity group, string? after, int take, CancellationToken cancellation) =>
        ListAsync(db => db.GroupMembers.Where(m => m.AccountId == group.AccountId && m.GroupId == group.Id).Select(m => m.UserId), group.AccountId, after, take, cancellation);

    /// <summary>A page of the user's groups by name.</summary>
    public Task<IReadOnlyList<Identity>> GroupsAsync(Identity user, string? after, int take, CancellationToken cancellation) =>
        ListAsync(db => db.GroupMembers.Where(m => m.AccountId == user.AccountId && m.UserId == user.Id).Select(m => m.GroupId), user.AccountId, after, take, cancellation);

    private async Task<IReadOnlyList<Identity>> ListAsync(
        Func<GranaryContext, IQueryable<string>> ids, string account, string? after, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var members = ids(db);
        var rows = db.Identities.AsNoTracking().Where(i => i.AccountId == account && members.Contains(i.Id));
        rows = after is null ? rows : rows.Where(i => string.Compare(i.NameKey, after) > 0);
        return await rows.OrderBy(i => i.NameKey).Take(take).ToListAsync(cancellation);
    }
}
