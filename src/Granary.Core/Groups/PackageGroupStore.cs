using Granary.Core.Domains;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Groups;

/// <summary>What a new group starts with. All three restrictions are inherited.</summary>
public sealed record NewPackageGroup(PackageGroupPattern Pattern, string? ContactInfo, string? Description, IReadOnlyDictionary<string, string> Tags);

/// <summary>A repository to be put on a list or taken from it.</summary>
public sealed record ListedRepository(OriginRestriction Restriction, string Repository);

/// <summary>What one call changes of a group's origin configuration.</summary>
public sealed record OriginChange(
    IReadOnlyDictionary<OriginRestriction, RestrictionMode> Modes, IReadOnlyList<ListedRepository> Added, IReadOnlyList<ListedRepository> Removed);

/// <summary>What has come of it: only repositories that were not there before, and only those that were.</summary>
public sealed record OriginOutcome(IReadOnlyList<ListedRepository> Added, IReadOnlyList<ListedRepository> Removed);

/// <summary>Creates and changes the package groups of a domain. Reading them is the snapshot's.</summary>
public sealed class PackageGroupStore(ChangeLog log, Quotas quotas)
{
    /// <exception cref="Refusal">Conflict: the domain has a group of this pattern. QuotaExceeded: too many tags.</exception>
    public Task<bool> CreateAsync(DomainSnapshot domain, NewPackageGroup added, Actor actor, CancellationToken cancellation) =>
        log.WriteAsync(
            domain.Id,
            actor,
            async transaction =>
            {
                var (db, pattern) = (transaction.Db, added.Pattern.Text);
                if (await db.PackageGroups.AnyAsync(g => g.DomainId == domain.Id && g.Pattern == pattern))
                {
                    throw Refusal.Conflict(ResourceType.Domain, domain.Name, $"Package group '{pattern}' already exists in domain '{domain.Name}' owned by account '{domain.Owner}'.");
                }

                var group = new PackageGroup
                {
                    DomainId = domain.Id,
                    Id = transaction.NextId(),
                    Pattern = pattern,
                    CreatedAt = transaction.Now,
                    ContactInfo = added.ContactInfo,
                    Description = added.Description,
                    Publish = RestrictionMode.Inherit,
                    ExternalUpstream = RestrictionMode.Inherit,
                    InternalUpstream = RestrictionMode.Inherit,
                };
                db.PackageGroups.Add(group);
                ResourceTags.Add(db, quotas, domain.Id, group.Id, (ResourceType.Domain, domain.Name), added.Tags);
                transaction.RecordConfiguration(ChangeKind.PackageGroupCreated);
                return true;
            },
            cancellation);

    /// <summary>Changes what is not null; false where nothing changes.</summary>
    /// <exception cref="Refusal">NotFound: there is no such group any more.</exception>
    public Task<bool> UpdateAsync(DomainSnapshot domain, PackageGroup group, string? contactInfo, string? description, Actor actor, CancellationToken cancellation) =>
        log.WriteAsync(
            domain.Id,
            actor,
            async transaction =>
            {
                var row = await LoadAsync(transaction, group);
                var (contact, text) = (contactInfo ?? row.ContactInfo, description ?? row.Description);
                if ((contact, text) == (row.ContactInfo, row.Description))
                {
                    return false;
                }

                (row.ContactInfo, row.Description) = (contact, text);
                transaction.RecordConfiguration(ChangeKind.PackageGroupUpdated);
                return true;
            },
            cancellation);

    /// <summary>Deletes a group; those below it get its parent, and packages stay as they are.</summary>
    /// <exception cref="Refusal">NotFound: there is no such group any more. Validation: it is the root.</exception>
    public Task<bool> DeleteAsync(DomainSnapshot domain, PackageGroup group, Actor actor, CancellationToken cancellation) =>
        log.WriteAsync(
            domain.Id,
            actor,
            async transaction =>
            {
                if (group.Pattern == PackageGroupPattern.Root.Text)
                {
                    throw Refusal.Validation("The root package group /* belongs to its domain and cannot be deleted.", "OTHER");
                }

                var row = await LoadAsync(transaction, group);
                var db = transaction.Db;
                await db.ResourceTags.Where(t => t.DomainId == domain.Id && t.ResourceId == row.Id).ExecuteDeleteAsync();
                await db.AllowedRepositories.Where(a => a.DomainId == domain.Id && a.GroupId == row.Id).ExecuteDeleteAsync();
                db.PackageGroups.Remove(row);
                transaction.RecordConfiguration(ChangeKind.PackageGroupDeleted);
                return true;
            },
            cancellation);

    /// <summary>Modes first, then the lists: a list is kept only while its restriction is ALLOW_SPECIFIC_REPOSITORIES.</summary>
    /// <exception cref="Refusal">
    /// NotFound: there is no such group or repository. Validation: the root inherits, or a list is changed that the mode does not have.
    /// </exception>
    public Task<OriginOutcome> ConfigureAsync(DomainSnapshot domain, PackageGroup group, OriginChange change, Actor actor, CancellationToken cancellation) =>
        log.WriteAsync(
            domain.Id,
            actor,
            async transaction =>
            {
                var row = await LoadAsync(transaction, group);
                var before = (row.Publish, row.ExternalUpstream, row.InternalUpstream);
                await SetModesAsync(transaction, row, change.Modes);
                DemandLists(row, change);
                var outcome = new OriginOutcome(
                    await AddAsync(transaction, domain, row, change.Added),
                    await RemoveAsync(transaction, domain, row, change.Removed));
                // What is as it was, is not recorded. A list goes with its mode.
                if (before != (row.Publish, row.ExternalUpstream, row.InternalUpstream) || outcome.Added.Count + outcome.Removed.Count > 0)
                {
                    transaction.RecordConfiguration(ChangeKind.PackageGroupUpdated);
                }

                return outcome;
            },
            cancellation);

    /// <summary>The row, tracked, inside a transaction that holds the domain.</summary>
    internal static async Task<PackageGroup> LoadAsync(ChangeTransaction transaction, PackageGroup group) =>
        await transaction.Db.PackageGroups.SingleOrDefaultAsync(g => g.DomainId == group.DomainId && g.Id == group.Id)
            ?? throw Refusal.NotFound(ResourceType.Domain, "", $"Package group '{group.Pattern}' was deleted while the request ran.");

    private static async Task SetModesAsync(ChangeTransaction transaction, PackageGroup group, IReadOnlyDictionary<OriginRestriction, RestrictionMode> modes)
    {
        foreach (var (restriction, mode) in modes)
        {
            if (mode is RestrictionMode.Inherit && group.Pattern == PackageGroupPattern.Root.Text)
            {
                throw Refusal.Validation($"The root package group /* has nothing to inherit {restriction.Wire()} from: set ALLOW, BLOCK or ALLOW_SPECIFIC_REPOSITORIES.");
            }

            group[restriction] = mode;
            if (mode is not RestrictionMode.AllowSpecificRepositories)
            {
                await transaction.Db.AllowedRepositories
                    .Where(a => a.DomainId == group.DomainId && a.GroupId == group.Id && a.Restriction == restriction)
                    .ExecuteDeleteAsync();
            }
        }
    }

    private static void DemandLists(PackageGroup group, OriginChange change)
    {
        foreach (var listed in change.Added)
        {
            if (group[listed.Restriction] is not RestrictionMode.AllowSpecificRepositories)
            {
                throw Refusal.Validation(
                    $"{listed.Restriction.Wire()} of package group '{group.Pattern}' is {group[listed.Restriction].Wire()}, which has no list of repositories. "
                    + "Set it to ALLOW_SPECIFIC_REPOSITORIES in the same call or before.");
            }
        }

        if (change.Added.Intersect(change.Removed).FirstOrDefault() is { } both)
        {
            throw Refusal.Validation($"Repository '{both.Repository}' is to be added to the list of {both.Restriction.Wire()} and removed from it in one call.");
        }
    }

    private static async Task<IReadOnlyList<ListedRepository>> AddAsync(
        ChangeTransaction transaction, DomainSnapshot domain, PackageGroup group, IReadOnlyList<ListedRepository> added)
    {
        var ids = await ResolveAsync(transaction, domain, added);
        var db = transaction.Db;
        var there = await db.AllowedRepositories.AsNoTracking().Where(a => a.DomainId == domain.Id && a.GroupId == group.Id).ToListAsync();
        var fresh = added.Distinct().Where(l => !there.Exists(a => a.Restriction == l.Restriction && a.RepositoryId == ids[l.Repository])).ToList();
        db.AllowedRepositories.AddRange(fresh.Select(l => new AllowedRepository
        {
            DomainId = domain.Id,
            GroupId = group.Id,
            Restriction = l.Restriction,
            RepositoryId = ids[l.Repository],
        }));
        return fresh;
    }

    private static async Task<IReadOnlyList<ListedRepository>> RemoveAsync(
        ChangeTransaction transaction, DomainSnapshot domain, PackageGroup group, IReadOnlyList<ListedRepository> removed)
    {
        var ids = await ResolveAsync(transaction, domain, removed);
        var gone = new List<ListedRepository>();
        foreach (var listed in removed.Distinct())
        {
            var (restriction, repository) = (listed.Restriction, ids[listed.Repository]);
            var rows = await transaction.Db.AllowedRepositories
                .Where(a => a.DomainId == domain.Id && a.GroupId == group.Id && a.Restriction == restriction && a.RepositoryId == repository)
                .ExecuteDeleteAsync();
            if (rows > 0)
            {
                gone.Add(listed);
            }
        }

        return gone;
    }

    private static async Task<Dictionary<string, long>> ResolveAsync(ChangeTransaction transaction, DomainSnapshot domain, IReadOnlyList<ListedRepository> listed)
    {
        var names = listed.Select(l => l.Repository).Distinct(StringComparer.Ordinal).ToList();
        var ids = await transaction.Db.Repositories
            .Where(r => r.DomainId == domain.Id && names.Contains(r.Name))
            .ToDictionaryAsync(r => r.Name, r => r.Id, StringComparer.Ordinal);
        return names.Find(n => !ids.ContainsKey(n)) is { } missing
            ? throw Refusal.NotFound(ResourceType.Repository, missing, $"Repository not found. Repository '{missing}' does not exist in domain '{domain.Name}' owned by account '{domain.Owner}'.")
            : ids;
    }
}
