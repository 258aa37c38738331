using System.Collections.Concurrent;
using System.Collections.Frozen;
using Granary.Core.Access.Identities;
using Granary.Core.Access.Policies;
using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Core.Groups;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Domains;

/// <summary>Finds a domain by owner and name in constant time, as it is now: a snapshot is used only while its stamp is current.</summary>
public sealed class DomainDirectory(GranaryDatabase database, DomainStamps stamps)
{
    private readonly ConcurrentDictionary<(string Owner, string Name), DomainSnapshot> snapshots = new();

    /// <summary>The domain, or null.</summary>
    public ValueTask<DomainSnapshot?> FindAsync(string owner, string name, CancellationToken cancellation)
    {
        if (snapshots.TryGetValue((owner, name), out var known))
        {
            return stamps.Committed(known.Id)?.Configuration == known.Stamp.Configuration
                ? new(known)
                : new(CheckAsync(known, cancellation));
        }

        return new(LoadAsync(owner, name, cancellation));
    }

    private async Task<DomainSnapshot?> CheckAsync(DomainSnapshot known, CancellationToken cancellation)
    {
        var current = await stamps.CurrentAsync(known.Id, cancellation);
        return current?.Configuration == known.Stamp.Configuration ? known : await LoadAsync(known.Owner, known.Name, cancellation);
    }

    /// <summary>The domain as it is within a transaction that holds it: the snapshot itself while nothing of its configuration has changed.</summary>
    internal static async Task<DomainSnapshot> CurrentAsync(ChangeTransaction transaction, DomainSnapshot known)
    {
        if (transaction.Stamp.Configuration == known.Stamp.Configuration)
        {
            return known;
        }

        var domain = await transaction.Db.Domains.AsNoTracking().SingleAsync(d => d.Id == known.Id);
        return await ReadAsync(transaction.Db, domain, CancellationToken.None);
    }

    private async Task<DomainSnapshot?> LoadAsync(string owner, string name, CancellationToken cancellation)
    {
        await using var db = database.Open();
        // The stamp before the rows: rows that are newer than their stamp are loaded again by the next request; a stamp that
        // is newer than its rows would hide a change for good.
        var domain = await db.Domains.AsNoTracking().SingleOrDefaultAsync(d => d.Owner == owner && d.Name == name, cancellation);
        if (domain is null)
        {
            snapshots.TryRemove((owner, name), out _);
            return null;
        }

        var snapshot = await ReadAsync(db, domain, cancellation);
        return snapshots.AddOrUpdate(
            (owner, name),
            snapshot,
            (_, other) => other.Id == snapshot.Id && other.Stamp.Configuration > snapshot.Stamp.Configuration ? other : snapshot);
    }

    private static async Task<DomainSnapshot> ReadAsync(GranaryContext db, Domain domain, CancellationToken cancellation)
    {
        var repositories = await db.Repositories.AsNoTracking().Where(r => r.DomainId == domain.Id).ToListAsync(cancellation);
        var upstreams = await db.RepositoryUpstreams.AsNoTracking()
            .Where(u => u.DomainId == domain.Id)
            .OrderBy(u => u.Position)
            .ToListAsync(cancellation);
        var ordered = upstreams.ToLookup(u => u.RepositoryId, u => u.UpstreamId);
        var policies = (await db.ResourcePolicies.AsNoTracking().Where(p => p.DomainId == domain.Id).ToListAsync(cancellation))
            .ToDictionary(p => p.ResourceId, p => PolicyDocument.Parse(p.Document, PolicyKind.Resource).Meaning(PrincipalIds.Read(p.PrincipalIds)));
        var tags = (await db.ResourceTags.AsNoTracking().Where(t => t.DomainId == domain.Id).ToListAsync(cancellation)).ToLookup(t => t.ResourceId);
        var groups = PackageGroups.Of(
            await db.PackageGroups.AsNoTracking().Where(g => g.DomainId == domain.Id).ToListAsync(cancellation),
            await db.AllowedRepositories.AsNoTracking().Where(a => a.DomainId == domain.Id).ToListAsync(cancellation),
            TagsOf);
        return new DomainSnapshot(
            domain,
            new DomainStamp(domain.Sequence, domain.ConfigurationSequence),
            [.. repositories.Select(r => new RepositorySnapshot(r.DomainId, r.Id, r.Name, r.Administrator, r.ExternalConnection, [.. ordered[r.Id]])
            {
                Policy = policies.GetValueOrDefault(r.Id),
                Tags = TagsOf(r.Id),
            })],
            policies.GetValueOrDefault(0),
            TagsOf(0))
        {
            Groups = groups,
        };

        IReadOnlyDictionary<string, string> TagsOf(long resource) => tags[resource].ToFrozenDictionary(t => t.Key, t => t.Value, StringComparer.Ordinal);
    }
}
