using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Delivery;

/// <summary>Forgets events that their archive is to keep no longer, and those of archives that were deleted.</summary>
internal sealed class ArchiveRetention(GranaryDatabase database, ChangeLog log, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    // So many go in one commit.
    private const int Page = 1_000;

    private DateTimeOffset next = clock.GetUtcNow();

    /// <summary>Does nothing until it is time.</summary>
    public async Task KeepAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (now < next)
        {
            return;
        }

        next = now + Interval;
        await using var db = database.Open();
        var archives = await db.EventArchives.AsNoTracking().ToListAsync(cancellation);
        var kept = await db.ArchivedEvents.Select(e => new { e.AccountId, e.ArchiveId }).Distinct().ToListAsync(cancellation);
        foreach (var holding in kept)
        {
            var archive = archives.Find(a => a.AccountId == holding.AccountId && a.Id == holding.ArchiveId);
            if (archive is not { RetentionDays: 0 })
            {
                var before = archive is null ? DateTimeOffset.MaxValue : now - TimeSpan.FromDays(archive.RetentionDays);
                await ForgetAsync(holding.AccountId, holding.ArchiveId, before, cancellation);
            }
        }
    }

    private async Task ForgetAsync(string account, string archive, DateTimeOffset before, CancellationToken cancellation)
    {
        var gone = Page;
        while (gone == Page)
        {
            cancellation.ThrowIfCancellationRequested();
            await log.WriteServerAsync(
                async db =>
                {
                    var old = await db.ArchivedEvents
                        .Where(e => e.AccountId == account && e.ArchiveId == archive && e.At < before)
                        .OrderBy(e => e.Id)
                        .Take(Page)
                        .Select(e => new { e.Id, e.Event.Length })
                        .ToListAsync(CancellationToken.None);
                    long[] ids = [.. old.Select(e => e.Id)];
                    gone = ids.Length;
                    await db.ArchivedEvents.Where(e => e.AccountId == account && e.ArchiveId == archive && ids.Contains(e.Id)).ExecuteDeleteAsync(CancellationToken.None);
                    var bytes = old.Sum(e => (long)e.Length);
                    await db.Database.ExecuteSqlAsync(
                        $"UPDATE event_archives SET event_count = event_count - {gone}, size_bytes = size_bytes - {bytes} WHERE account_id = {account} AND id = {archive}",
                        CancellationToken.None);
                },
                CancellationToken.None);
        }
    }
}
