using Granary.Core.Access.Policies;
using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>What a user, group or role begins with.</summary>
public sealed record NewIdentity(IdentityKind Kind, string Name, string Path)
{
    public string? BoundaryArn { get; init; }

    public string? TrustPolicy { get; init; }

    public string? Description { get; init; }

    public int MaxSessionSeconds { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}

/// <summary>Users, groups and roles. Names differ by more than case; what is changed is known by its id.</summary>
public sealed class IdentityStore(GranaryDatabase database, ChangeLog log, Quotas quotas, TimeProvider clock)
{
    /// <summary>The user, group or role, or null where there is none of that name.</summary>
    public async Task<Identity?> FindAsync(string account, IdentityKind kind, string name, CancellationToken cancellation)
    {
        var key = IdentityRows.Key(name);
        await using var db = database.Open();
        return await db.Identities.AsNoTracking().SingleOrDefaultAsync(i => i.AccountId == account && i.Kind == kind && i.NameKey == key, cancellation);
    }

    public async Task<Identity?> FindByIdAsync(string account, string id, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.Identities.AsNoTracking().SingleOrDefaultAsync(i => i.AccountId == account && i.Id == id, cancellation);
    }

    /// <summary>A page by name.</summary>
    /// <param name="pathPrefix">Only those whose path begins so.</param>
    /// <param name="after">The <see cref="Identity.NameKey"/> that ended the page before, or null.</param>
    public async Task<IReadOnlyList<Identity>> ListAsync(
        string account, IdentityKind kind, string pathPrefix, string? after, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        // Not StartsWith: that becomes LIKE, which ignores the case of letters on SQLite.
        var rows = db.Identities.AsNoTracking()
            .Where(i => i.AccountId == account && i.Kind == kind && i.Path.Substring(0, pathPrefix.Length) == pathPrefix);
        rows = after is null ? rows : rows.Where(i => string.Compare(i.NameKey, after) > 0);
        return await rows.OrderBy(i => i.NameKey).Take(take).ToListAsync(cancellation);
    }

    /// <exception cref="Refusal">EntityAlreadyExists; NoSuchEntity: the boundary; LimitExceeded, MalformedPolicyDocument.</exception>
    public Task<Identity> CreateAsync(string account, NewIdentity made, Actor actor, CancellationToken cancellation)
    {
        var trust = ReadTrust(made.TrustPolicy);
        return log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                await DemandFreeAsync(db, account, made.Kind, made.Name, null);
                if (made.BoundaryArn is not null)
                {
                    await IdentityRows.DemandPolicyAsync(db, account, made.BoundaryArn);
                }

                var identity = db.Identities.Add(new Identity
                {
                    AccountId = account,
                    Id = UniqueId.Of(made.Kind),
                    Kind = made.Kind,
                    Name = made.Name,
                    NameKey = IdentityRows.Key(made.Name),
                    Path = made.Path,
                    CreatedAt = clock.GetUtcNow(),
                    BoundaryArn = made.BoundaryArn,
                    TrustPolicy = made.TrustPolicy,
                    TrustPrincipalIds = trust is null ? null : await PrincipalIds.ResolveAsync(db, trust),
                    Description = made.Description,
                    MaxSessionSeconds = made.MaxSessionSeconds,
                }).Entity;
                IdentityTagStore.Add(db, quotas, account, identity.Id, made.Tags);
                return identity;
            },
            cancellation);
    }

    /// <summary>Gives it another name or path. Its policies, keys and groups go with it.</summary>
    /// <exception cref="Refusal">EntityAlreadyExists, NoSuchEntity.</exception>
    public Task RenameAsync(Identity identity, string name, string path, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            identity.AccountId,
            actor,
            async db =>
            {
                var row = await IdentityRows.LoadAsync(db, identity);
                await DemandFreeAsync(db, row.AccountId, row.Kind, name, row.Id);
                (row.Name, row.NameKey, row.Path) = (name, IdentityRows.Key(name), path);
                return true;
            },
            cancellation);

    /// <summary>Changes a role's description, session length or trust policy, or anybody's boundary.</summary>
    /// <exception cref="Refusal">NoSuchEntity: it, or the boundary; LimitExceeded, MalformedPolicyDocument.</exception>
    public Task<Identity> ChangeAsync(Identity identity, Action<Identity> change, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            identity.AccountId,
            actor,
            async db =>
            {
                var row = await IdentityRows.LoadAsync(db, identity);
                var (trust, boundary) = (row.TrustPolicy, row.BoundaryArn);
                change(row);
                // Put again it means who has the names now.
                if (!ReferenceEquals(row.TrustPolicy, trust) && ReadTrust(row.TrustPolicy) is { } put)
                {
                    row.TrustPrincipalIds = await PrincipalIds.ResolveAsync(db, put);
                }

                if (row.BoundaryArn is not null && row.BoundaryArn != boundary)
                {
                    await IdentityRows.DemandPolicyAsync(db, row.AccountId, row.BoundaryArn);
                }

                return row;
            },
            cancellation);

    /// <exception cref="Refusal">DeleteConflict: something of its own is left. NoSuchEntity.</exception>
    public Task DeleteAsync(Identity identity, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            identity.AccountId,
            actor,
            async db =>
            {
                var row = await IdentityRows.LoadAsync(db, identity);
                await DemandBareAsync(db, row);
                await db.IdentityTags.Where(t => t.AccountId == row.AccountId && t.ResourceId == row.Id).ExecuteDeleteAsync();
                db.Identities.Remove(row);
                return true;
            },
            cancellation);

    private static async Task DemandBareAsync(GranaryContext db, Identity row)
    {
        var (account, id) = (row.AccountId, row.Id);
        var left = row.Kind switch
        {
            _ when await db.PolicyAttachments.AnyAsync(a => a.AccountId == account && a.IdentityId == id) => "detach all policies",
            _ when await db.InlinePolicies.AnyAsync(p => p.AccountId == account && p.IdentityId == id) => "delete policies",
            IdentityKind.User when await db.AccessKeys.AnyAsync(k => k.AccountId == account && k.UserId == id) => "delete access keys",
            IdentityKind.User when await db.GroupMembers.AnyAsync(m => m.AccountId == account && m.UserId == id) => "remove user from groups",
            IdentityKind.Group when await db.GroupMembers.AnyAsync(m => m.AccountId == account && m.GroupId == id) => "remove users from group",
            _ => null,
        };
        if (left is not null)
        {
            throw IdentityRefusals.DeleteConflict($"Cannot delete entity, must {left} first.");
        }
    }

    private static async Task DemandFreeAsync(GranaryContext db, string account, IdentityKind kind, string name, string? except)
    {
        var key = IdentityRows.Key(name);
        if (await db.Identities.AnyAsync(i => i.AccountId == account && i.Kind == kind && i.NameKey == key && i.Id != except))
        {
            throw IdentityRefusals.Exists(kind.ToString(), name);
        }
    }

    private PolicyDocument? ReadTrust(string? document)
    {
        if (document is null)
        {
            return null;
        }

        var policy = IdentityRefusals.Parse(document, PolicyKind.Trust);
        if (IdentityRefusals.Size(document) > quotas.AssumeRolePolicySize)
        {
            throw IdentityRefusals.LimitExceeded("ACLSizePerRole", quotas.AssumeRolePolicySize);
        }

        return policy;
    }
}
