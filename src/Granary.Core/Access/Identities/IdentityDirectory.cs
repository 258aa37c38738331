using System.Collections.Concurrent;
using Granary.Core.Access.Policies;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Access.Identities;

/// <summary>Finds a user or role by its id, as it is now: a snapshot is used only while its account's revision is current.</summary>
public sealed class IdentityDirectory(GranaryDatabase database, AccountRevisions revisions)
{
    // Past it the whole is forgotten and read anew.
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<string, IdentitySnapshot> snapshots = new(StringComparer.Ordinal);

    /// <summary>The user or role, or null where there is none of that id any more.</summary>
    public ValueTask<IdentitySnapshot?> FindAsync(string accountId, string id) =>
        snapshots.TryGetValue(id, out var known) && known.Revision == revisions.Committed(accountId) ? new(known) : new(CheckAsync(accountId, id));

    private async Task<IdentitySnapshot?> CheckAsync(string accountId, string id)
    {
        // The revision before the rows: rows that are newer than it are read again by the next request.
        if (await revisions.CurrentAsync(accountId) is not { } revision)
        {
            return null;
        }

        if (snapshots.TryGetValue(id, out var known) && known.Revision == revision)
        {
            return known;
        }

        await using var db = database.Open();
        var identity = await db.Identities.AsNoTracking().SingleOrDefaultAsync(i => i.AccountId == accountId && i.Id == id);
        if (identity is null || identity.Kind == IdentityKind.Group)
        {
            snapshots.TryRemove(id, out _);
            return null;
        }

        if (snapshots.Count >= Most)
        {
            snapshots.Clear();
        }

        return snapshots[id] = await LoadAsync(db, identity, revision);
    }

    private static async Task<IdentitySnapshot> LoadAsync(GranaryContext db, Identity identity, long revision)
    {
        var account = identity.AccountId;
        var groups = await db.GroupMembers.Where(m => m.AccountId == account && m.UserId == identity.Id).Select(m => m.GroupId).ToListAsync();
        string[] owners = [identity.Id, .. groups];
        var inline = await db.InlinePolicies.AsNoTracking().Where(p => p.AccountId == account && owners.Contains(p.IdentityId)).ToListAsync();
        var attached = await db.PolicyAttachments.Where(a => a.AccountId == account && owners.Contains(a.IdentityId)).Select(a => a.PolicyArn).Distinct().ToListAsync();
        var tags = await db.IdentityTags.Where(t => t.AccountId == account && t.ResourceId == identity.Id).ToDictionaryAsync(t => t.Key, t => t.Value);
        var managed = await ManagedPolicies.DefaultsAsync(db, account, identity.BoundaryArn is { } bound ? [.. attached, bound] : attached);
        return new IdentitySnapshot(
            account,
            identity.Id,
            identity.Kind,
            identity.Name,
            IamArns.Of(identity),
            revision,
            [
                .. inline.Select(p => new NamedPolicy(p.Name, PolicyDocument.Parse(p.Document, PolicyKind.Identity))),
                .. attached.Where(managed.ContainsKey).Select(arn => new NamedPolicy(arn, managed[arn])),
            ],
            identity.BoundaryArn is { } arn ? new NamedPolicy(arn, managed.GetValueOrDefault(arn) ?? AwsPolicies.Nothing) : null,
            tags);
    }
}
