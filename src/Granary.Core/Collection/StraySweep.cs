using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Events;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Collection;

/// <summary>Goes through the keys of the storage, and gives up those that no row names when their grace is over.</summary>
public sealed class StraySweep(GranaryDatabase database, ChangeLog log, IAssetStorage storage, StorageOwner owner, Dooming dooming, Removal removal)
{
    internal const string AssetPhase = "strays";
    internal const string DocumentPhase = "documents";

    private const int Page = 500;

    private enum Verdict
    {
        Named,
        Stray,
        Spent,
        Foreign,
    }

    internal async Task RunAssetsAsync(CollectionRound round, string start)
    {
        if (await owner.IsOwnAsync(round.IsDry, round.Cancellation))
        {
            await SweepAsync(round, AssetPhase, "assets/", start, JudgeAssetsAsync, GiveUpAssetAsync);
        }
        else
        {
            round.Report.Refuse();
        }
    }

    internal async Task RunDocumentsAsync(CollectionRound round, string start)
    {
        if (!await owner.IsOwnAsync(round.IsDry, round.Cancellation))
        {
            return;
        }

        if (!round.IsDry)
        {
            await log.WriteServerAsync(
                db => db.Database.ExecuteSqlAsync($"DELETE FROM source_documents WHERE domain_id NOT IN (SELECT id FROM domains)"), round.Cancellation);
        }

        await SweepAsync(round, DocumentPhase, "documents/", start, JudgeDocumentsAsync, GiveUpDocumentAsync);
    }

    private async Task SweepAsync(
        CollectionRound round, string phase, string prefix, string start,
        Func<IReadOnlyList<StoredKey>, CancellationToken, Task<IReadOnlyList<Judged>>> judge, Func<CollectionRound, Judged, Task> giveUp)
    {
        var before = start.Length > 0 ? start : prefix;
        var keys = storage.ListAsync(prefix, round.Cancellation).Where(key => string.CompareOrdinal(key.Key, before) > 0);
        await foreach (var page in keys.Chunk(Page).WithCancellation(round.Cancellation))
        {
            var judged = await judge(page, round.Cancellation);
            await ActAsync(round, judged, before, page[^1].Key, giveUp);
            before = page[^1].Key;
            await round.ReachAsync(phase, before);
        }

        // What was noticed behind the last key is not there any more. No key has a letter behind the last one of the alphabet.
        await ActAsync(round, [], before, prefix + '~', giveUp);
    }

    private async Task ActAsync(CollectionRound round, IReadOnlyList<Judged> judged, string before, string last, Func<CollectionRound, Judged, Task> giveUp)
    {
        var known = await NoticedAsync(before, last, round.Cancellation);
        List<Judged> added = [];
        foreach (var key in judged)
        {
            switch (key.Verdict)
            {
                case Verdict.Spent:
                    await RemoveAsync(round, key, (_, _) => removal.RemoveAsync(round, key.Stored.Key));
                    break;
                case Verdict.Stray when round.IsOver(known.TryGetValue(key.Stored.Key, out var noticed) ? noticed : null):
                    await RemoveAsync(round, key, giveUp);
                    break;
                case Verdict.Stray:
                    round.Report.Wait(key.Stored.Length);
                    if (!known.Remove(key.Stored.Key))
                    {
                        added.Add(key);
                    }

                    break;
                case Verdict.Foreign:
                    round.Report.Pass();
                    break;
                default:
                    break;
            }
        }

        if (!round.IsDry && known.Count + added.Count > 0)
        {
            await log.WriteServerAsync(db => NoteAsync(db, round.Elapsed, added, [.. known.Keys]), round.Cancellation);
        }
    }

    private static Task RemoveAsync(CollectionRound round, Judged key, Func<CollectionRound, Judged, Task> remove)
    {
        if (round.IsDry)
        {
            round.Report.Remove(key.Stored.Length);
            return Task.CompletedTask;
        }

        return remove(round, key);
    }

    private static async Task NoteAsync(GranaryContext db, long now, List<Judged> added, List<string> gone)
    {
        await db.StrayKeys.Where(s => gone.Contains(s.Key)).ExecuteDeleteAsync();
        foreach (var key in added)
        {
            await db.Database.ExecuteSqlAsync(
                $"INSERT INTO stray_keys (domain_id, key, noticed_at) VALUES ({key.DomainId}, {key.Stored.Key}, {now}) ON CONFLICT (domain_id, key) DO NOTHING");
        }
    }

    private async Task GiveUpAssetAsync(CollectionRound round, Judged key)
    {
        var (domain, sha256, generation) = AssetKey.ParseAsset(key.Stored.Key)!.Value;
        var isSpent = false;
        await dooming.HoldAsync(
            domain,
            async db =>
            {
                // Its publish may have committed just now.
                isSpent = !await db.Assets.AnyAsync(a => a.DomainId == domain && a.Sha256 == sha256 && a.Generation == generation);
                if (isSpent)
                {
                    await dooming.SpendAsync(db, domain, sha256, generation);
                }
            },
            round.Cancellation);
        if (isSpent)
        {
            await removal.RemoveAsync(round, key.Stored.Key);
        }
    }

    /// <summary>Keys of documents are never used again. Should one have been named just now, its reader asks the source again.</summary>
    private Task GiveUpDocumentAsync(CollectionRound round, Judged key) => removal.RemoveAsync(round, key.Stored.Key);

    private async Task<IReadOnlyList<Judged>> JudgeAssetsAsync(IReadOnlyList<StoredKey> keys, CancellationToken cancellation)
    {
        List<Judged> judged = [];
        await using var db = database.Open();
        foreach (var group in keys.Select(key => (Key: key, Parts: AssetKey.ParseAsset(key.Key))).GroupBy(pair => pair.Parts?.DomainId))
        {
            if (group.Key is not { } domain)
            {
                judged.AddRange(group.Select(pair => new Judged(0, pair.Key, Verdict.Foreign)));
                continue;
            }

            var digests = group.Select(pair => pair.Parts!.Value.Sha256).DistinctBy(Convert.ToHexString).ToList();
            // The tombstones first: of a generation that was spent then and is named by no row after, no row will ever be.
            var spent = await db.AssetTombstones.AsNoTracking()
                .Where(t => t.DomainId == domain && digests.Contains(t.Sha256))
                .ToDictionaryAsync(t => Convert.ToHexString(t.Sha256), t => t.Generation, cancellation);
            var named = await db.Assets.AsNoTracking()
                .Where(a => a.DomainId == domain && digests.Contains(a.Sha256))
                .Select(a => new { a.Sha256, a.Generation })
                .ToDictionaryAsync(a => Convert.ToHexString(a.Sha256), a => a.Generation, cancellation);
            foreach (var (key, parts) in group)
            {
                var (hex, generation) = (Convert.ToHexString(parts!.Value.Sha256), parts.Value.Generation);
                var verdict = named.TryGetValue(hex, out var current) && current == generation ? Verdict.Named
                    : spent.TryGetValue(hex, out var first) && generation < first ? Verdict.Spent
                    : Verdict.Stray;
                judged.Add(new Judged(domain, key, verdict));
            }
        }

        return judged;
    }

    private async Task<IReadOnlyList<Judged>> JudgeDocumentsAsync(IReadOnlyList<StoredKey> keys, CancellationToken cancellation)
    {
        List<Judged> judged = [];
        await using var db = database.Open();
        foreach (var group in keys.GroupBy(key => AssetKey.ParseDocument(key.Key)))
        {
            var names = group.Select(key => key.Key).ToList();
            var named = await db.SourceDocuments
                .Where(d => d.DomainId == group.Key && names.Contains(d.StorageKey!))
                .Select(d => d.StorageKey!)
                .ToHashSetAsync(cancellation);
            judged.AddRange(group.Select(key => new Judged(
                group.Key ?? 0, key, group.Key is null ? Verdict.Foreign : named.Contains(key.Key) ? Verdict.Named : Verdict.Stray)));
        }

        return judged;
    }

    private async Task<Dictionary<string, long>> NoticedAsync(string before, string last, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.StrayKeys
            .Where(s => string.Compare(s.Key, before) > 0 && string.Compare(s.Key, last) <= 0)
            .ToDictionaryAsync(s => s.Key, s => s.NoticedAt, StringComparer.Ordinal, cancellation);
    }

    private sealed record Judged(long DomainId, StoredKey Stored, Verdict Verdict);
}
