using Granary.Core.Access.Policies;
using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>The managed policies of an account, and their versions.</summary>
public sealed class ManagedPolicyStore(GranaryDatabase database, ChangeLog log, Quotas quotas, TimeProvider clock)
{
    /// <summary>The policy of the account's own, or null.</summary>
    public async Task<ManagedPolicy?> FindAsync(string account, string arn, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await IdentityRows.FindPolicyAsync(db, account, arn, cancellation);
    }

    /// <exception cref="Refusal">EntityAlreadyExists, MalformedPolicyDocument, LimitExceeded.</exception>
    public Task<ManagedPolicy> CreateAsync(
        string account,
        (string Name, string Path, string? Description) made,
        string document,
        IReadOnlyDictionary<string, string> tags,
        Actor actor,
        CancellationToken cancellation)
    {
        Check(document);
        var key = IdentityRows.Key(made.Name);
        return log.WriteAccountAsync(
            account,
            actor,
            async db =>
            {
                if (await db.ManagedPolicies.AnyAsync(p => p.AccountId == account && p.NameKey == key))
                {
                    throw Refusal.Named(RefusalKind.Conflict, "EntityAlreadyExists", $"A policy called {made.Name} already exists. Duplicate names are not allowed.");
                }

                var now = clock.GetUtcNow();
                var policy = db.ManagedPolicies.Add(new ManagedPolicy
                {
                    AccountId = account,
                    Id = UniqueId.New(UniqueId.Policy),
                    Name = made.Name,
                    NameKey = key,
                    Path = made.Path,
                    Description = made.Description,
                    CreatedAt = now,
                    UpdatedAt = now,
                    DefaultVersion = 1,
                    LastVersion = 1,
                }).Entity;
                AddVersion(db, policy, document, now);
                IdentityTagStore.Add(db, quotas, account, policy.Id, tags);
                return policy;
            },
            cancellation);
    }

    /// <exception cref="Refusal">DeleteConflict: it is in use, or has more than its default version. NoSuchEntity.</exception>
    public Task DeleteAsync(ManagedPolicy policy, Actor actor, CancellationToken cancellation) =>
        WriteAsync(
            policy,
            async (db, row) =>
            {
                var (account, id, arn) = (row.AccountId, row.Id, row.Arn);
                if (await db.PolicyAttachments.AnyAsync(a => a.AccountId == account && a.PolicyArn == arn)
                    || await db.Identities.AnyAsync(i => i.AccountId == account && i.BoundaryArn == arn))
                {
                    throw IdentityRefusals.DeleteConflict("Cannot delete a policy attached to entities.");
                }

                if (await Versions(db, row).CountAsync() > 1)
                {
                    throw IdentityRefusals.DeleteConflict(
                        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.");
                }

                await Versions(db, row).ExecuteDeleteAsync();
                await db.IdentityTags.Where(t => t.AccountId == account && t.ResourceId == id).ExecuteDeleteAsync();
                db.ManagedPolicies.Remove(row);
                return true;
            },
            actor,
            cancellation);

    /// <exception cref="Refusal">LimitExceeded: there are five. MalformedPolicyDocument, NoSuchEntity.</exception>
    public Task<ManagedPolicyVersion> AddVersionAsync(ManagedPolicy policy, string document, bool asDefault, Actor actor, CancellationToken cancellation)
    {
        Check(document);
        return WriteAsync(
            policy,
            async (db, row) =>
            {
                if (await Versions(db, row).CountAsync() >= quotas.VersionsPerPolicy)
                {
                    throw Refusal.Named(
                        RefusalKind.QuotaExceeded,
                        "LimitExceeded",
                        $"A managed policy can have up to {quotas.VersionsPerPolicy} versions. Before you create a new version, you must delete an existing version.");
                }

                row.LastVersion++;
                row.UpdatedAt = clock.GetUtcNow();
                row.DefaultVersion = asDefault ? row.LastVersion : row.DefaultVersion;
                return AddVersion(db, row, document, row.UpdatedAt);
            },
            actor,
            cancellation);
    }

    /// <summary>The version, or null.</summary>
    public async Task<ManagedPolicyVersion?> FindVersionAsync(ManagedPolicy policy, int number, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await Versions(db, policy).AsNoTracking().SingleOrDefaultAsync(v => v.Number == number, cancellation);
    }

    /// <summary>All versions, the latest first.</summary>
    public async Task<IReadOnlyList<ManagedPolicyVersion>> VersionsAsync(ManagedPolicy policy, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await Versions(db, policy).AsNoTracking().OrderByDescending(v => v.Number).ToListAsync(cancellation);
    }

    /// <exception cref="Refusal">NoSuchEntity: the version, or the policy.</exception>
    public Task SetDefaultAsync(ManagedPolicy policy, int number, Actor actor, CancellationToken cancellation) =>
        WriteAsync(
            policy,
            async (db, row) =>
            {
                await LoadVersionAsync(db, row, number);
                (row.DefaultVersion, row.UpdatedAt) = (number, clock.GetUtcNow());
                return true;
            },
            actor,
            cancellation);

    /// <exception cref="Refusal">DeleteConflict: it is the default. NoSuchEntity.</exception>
    public Task DeleteVersionAsync(ManagedPolicy policy, int number, Actor actor, CancellationToken cancellation) =>
        WriteAsync(
            policy,
            async (db, row) =>
            {
                var version = await LoadVersionAsync(db, row, number);
                db.ManagedPolicyVersions.Remove(
                    number == row.DefaultVersion ? throw IdentityRefusals.DeleteConflict("Cannot delete the default version of a policy.") : version);
                return true;
            },
            actor,
            cancellation);

    public static Refusal NoSuchVersion(ManagedPolicy policy, int number) =>
        IdentityRefusals.NoSuchEntity($"Policy {policy.Arn} version v{number} does not exist or is not attachable.");

    private Task<T> WriteAsync<T>(ManagedPolicy policy, Func<GranaryContext, ManagedPolicy, Task<T>> work, Actor actor, CancellationToken cancellation) =>
        log.WriteAccountAsync(
            policy.AccountId,
            actor,
            async db => await work(
                db,
                await db.ManagedPolicies.SingleOrDefaultAsync(p => p.AccountId == policy.AccountId && p.Id == policy.Id)
                    ?? throw IdentityRefusals.NoSuchPolicy(policy.Arn)),
            cancellation);

    private void Check(string document)
    {
        IdentityRefusals.Parse(document, PolicyKind.Identity);
        if (IdentityRefusals.Size(document) > quotas.PolicySize)
        {
            throw IdentityRefusals.LimitExceeded("PolicySize", quotas.PolicySize);
        }
    }

    private static ManagedPolicyVersion AddVersion(GranaryContext db, ManagedPolicy policy, string document, DateTimeOffset now) =>
        db.ManagedPolicyVersions.Add(new ManagedPolicyVersion
        {
            AccountId = policy.AccountId,
            PolicyId = policy.Id,
            Number = policy.LastVersion,
            Document = document,
            CreatedAt = now,
        }).Entity;

    private static async Task<ManagedPolicyVersion> LoadVersionAsync(GranaryContext db, ManagedPolicy policy, int number) =>
        await Versions(db, policy).SingleOrDefaultAsync(v => v.Number == number) ?? throw NoSuchVersion(policy, number);

    private static IQueryable<ManagedPolicyVersion> Versions(GranaryContext db, ManagedPolicy policy) =>
        db.ManagedPolicyVersions.Where(v => v.AccountId == policy.AccountId && v.PolicyId == policy.Id);
}
