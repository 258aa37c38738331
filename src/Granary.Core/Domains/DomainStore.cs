using Granary.Core.Database;
using Granary.Core.Encryption;
using Granary.Core.Events;
using Granary.Core.Events.Delivery;
using Granary.Core.Groups;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Domains;

/// <summary>How much a domain holds: its repositories, and the bytes of its assets, each counted once.</summary>
public sealed record DomainFigures(int Repositories, long AssetBytes);

/// <summary>Creates, lists and deletes domains.</summary>
public sealed class DomainStore(GranaryDatabase database, ChangeLog log, Quotas quotas, TimeProvider clock)
{
    /// <param name="owner">Twelve digits; an account that exists.</param>
    /// <param name="encryptionKey">The ARN of the key that DescribeDomain is to report.</param>
    /// <param name="actor">The ARN of the principal who creates it.</param>
    /// <param name="dataKey">What its bytes are encrypted with; null where they are not.</param>
    /// <exception cref="Refusal">Conflict: the owner has a domain of that name. QuotaExceeded: too many domains, or tags.</exception>
    public async Task<Domain> CreateAsync(
        string owner, string name, string encryptionKey, IReadOnlyDictionary<string, string> tags, Actor actor, CancellationToken cancellation, NewDomainKey? dataKey = null)
    {
        var domain = new Domain
        {
            Owner = owner,
            Name = name,
            CreatedAt = clock.GetUtcNow(),
            EncryptionKey = encryptionKey,
            // The creation, then the root of its package groups.
            Sequence = 2,
            ConfigurationSequence = 1,
        };
        await log.WriteServerAsync(
            actor,
            async db =>
            {
                await DemandRoomAsync(db, owner, name);
                db.Domains.Add(domain);
                await db.SaveChangesAsync();
                db.Changes.Add(new Change { DomainId = domain.Id, Sequence = 1, At = domain.CreatedAt, Kind = ChangeKind.DomainCreated, Actor = actor.Arn });
                db.PackageGroups.Add(PackageGroup.NewRoot(domain.Id, 2, domain.CreatedAt));
                if (dataKey is not null)
                {
                    db.DomainKeys.Add(dataKey.For(domain.Id));
                }

                ResourceTags.Add(db, quotas, domain.Id, 0, (ResourceType.Domain, name), tags);
                await db.SaveChangesAsync();
            },
            cancellation);
        return domain;
    }

    /// <summary>The domain as its row has it, or null.</summary>
    public async Task<Domain?> FindAsync(long id, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.Domains.AsNoTracking().SingleOrDefaultAsync(d => d.Id == id, cancellation);
    }

    public async Task<DomainFigures> MeasureAsync(long id, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var repositories = await db.Repositories.CountAsync(r => r.DomainId == id, cancellation);
        var bytes = await db.Assets.Where(a => a.DomainId == id).SumAsync(a => a.Size, cancellation);
        return new DomainFigures(repositories, bytes);
    }

    /// <summary>The owner's domains by name.</summary>
    /// <param name="after">The last name of the page before, or null.</param>
    public async Task<IReadOnlyList<Domain>> ListAsync(string owner, string? after, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var domains = db.Domains.AsNoTracking().Where(d => d.Owner == owner);
        if (after is not null)
        {
            domains = domains.Where(d => string.Compare(d.Name, after) > 0);
        }

        return await domains.OrderBy(d => d.Name).Take(take).ToListAsync(cancellation);
    }

    /// <summary>
    /// Deletes an empty domain and answers what it was; null where somebody else has just deleted it. Its log stays, and so do
    /// the rows of its assets until their bytes are collected.
    /// </summary>
    /// <exception cref="Refusal">Conflict: it still has a repository.</exception>
    public async Task<Domain?> DeleteAsync(long id, Actor actor, CancellationToken cancellation)
    {
        try
        {
            return await log.WriteAsync(id, actor, DeleteAsync, cancellation);
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.NotFound)
        {
            return null;
        }
    }

    private static async Task<Domain> DeleteAsync(ChangeTransaction transaction)
    {
        var (db, id) = (transaction.Db, transaction.DomainId);
        var domain = await db.Domains.AsNoTracking().SingleAsync(d => d.Id == id);
        if (await db.Repositories.AnyAsync(r => r.DomainId == id))
        {
            throw Refusal.Conflict(ResourceType.Domain, domain.Name, "Domain must contain 0 repositories before deletion");
        }

        // Recorded although the row goes: the stamp moves, and with it ends every snapshot that still shows the domain.
        transaction.RecordConfiguration(ChangeKind.DomainDeleted);
        await db.ResourceTags.Where(t => t.DomainId == id).ExecuteDeleteAsync();
        await db.AllowedRepositories.Where(a => a.DomainId == id).ExecuteDeleteAsync();
        await db.PackageGroups.Where(g => g.DomainId == id).ExecuteDeleteAsync();
        // Its last changes become events after its row is gone.
        await EventCursors.AddAsync(db, new EventCursor { DomainId = id, Owner = domain.Owner, Domain = domain.Name, Reached = 0 });
        await db.Domains.Where(d => d.Id == id).ExecuteDeleteAsync();
        return domain;
    }

    private async Task DemandRoomAsync(GranaryContext db, string owner, string name)
    {
        // Holds the account until commit, so that two creations at once cannot both see the last free place.
        await db.Database.ExecuteSqlAsync($"UPDATE accounts SET created_at = created_at WHERE id = {owner}");
        if (await db.Domains.AnyAsync(d => d.Owner == owner && d.Name == name))
        {
            throw Refusal.Conflict(ResourceType.Domain, name, $"Domain '{name}' owned by account '{owner}' already exists.");
        }

        if (await db.Domains.CountAsync(d => d.Owner == owner) >= quotas.DomainsPerAccount)
        {
            throw Refusal.QuotaExceeded(
                ResourceType.Domain, name, $"Account '{owner}' has {quotas.DomainsPerAccount} domains, which is its quota. Delete one first, or raise {Quotas.Key(nameof(Quotas.DomainsPerAccount))}.");
        }
    }
}
