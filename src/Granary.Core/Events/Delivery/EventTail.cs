using System.Runtime.CompilerServices;
using Granary.Core.Access;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Events.Delivery;

/// <summary>The events of package versions as they happen, read where they are stored.</summary>
public sealed class EventTail(GranaryDatabase database, ResourceArns arns, TimeProvider clock)
{
    private const int Page = 500;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>Those of domains of an account or of all, from a moment on; of each domain in their order.</summary>
    /// <param name="isFollowing">Whether it goes on with what is yet to happen.</param>
    public async IAsyncEnumerable<BusEvent> RunAsync(string? account, DateTimeOffset from, bool isFollowing, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var reached = new Dictionary<long, long>();
        while (true)
        {
            foreach (var domain in await DomainsAsync(account, cancellation))
            {
                List<Change> changes;
                do
                {
                    var after = reached.GetValueOrDefault(domain.DomainId);
                    changes = await ReadAsync(domain.DomainId, after, from, cancellation);
                    foreach (var change in changes)
                    {
                        reached[domain.DomainId] = change.Sequence;
                        if (PackageEvent.IsOf(change))
                        {
                            yield return PackageEvent.Of(arns, domain, change, domain.Owner);
                        }
                    }
                }
                while (changes.Count == Page);
                // What was too old is not looked at again.
                reached[domain.DomainId] = Math.Max(reached.GetValueOrDefault(domain.DomainId), domain.Reached);
            }

            if (!isFollowing)
            {
                yield break;
            }

            await Task.Delay(Look, clock, cancellation);
        }
    }

    private async Task<List<EventCursor>> DomainsAsync(string? account, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.Domains
            .Where(d => account == null || d.Owner == account)
            .OrderBy(d => d.Id)
            .Select(d => new EventCursor { DomainId = d.Id, Owner = d.Owner, Domain = d.Name, Reached = d.Sequence })
            .ToListAsync(cancellation);
    }

    private async Task<List<Change>> ReadAsync(long domain, long after, DateTimeOffset from, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.Changes
            .AsNoTracking()
            .Where(c => c.DomainId == domain && c.Sequence > after && c.At >= from)
            .OrderBy(c => c.Sequence)
            .Take(Page)
            .ToListAsync(cancellation);
    }
}
