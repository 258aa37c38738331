using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Packages;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Upstreams;

/// <summary>
/// What anything derived from a package in all repositories of its domain is compared with. Stamps are numbers of the
/// domain's log, so the greatest one and the count change whenever any record of the package does.
/// </summary>
public readonly record struct PackageStamp(long Configuration, long Newest, int Records)
{
    /// <summary>Numbers of two domains mean nothing to each other, and neither do ids of their repositories.</summary>
    public long DomainId { get; init; }
}

/// <summary>
/// Answers in constant time whether something derived from a package is still true: while the domain has not changed at
/// all nothing is read, otherwise one range of an index.
/// </summary>
public sealed class PackageStamps(GranaryDatabase database, DomainStamps domains)
{
    private static readonly CompiledQuery<Func<GranaryContext, long, string, string, string, Task<PackageStamp?>>> Read = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, long domainId, string format, string @namespace, string name) => db.Packages
            .Where(p => p.DomainId == domainId && p.Format == format && p.Namespace == @namespace && p.Name == name && p.Stamp > 0)
            .GroupBy(p => p.DomainId)
            .Select(g => (PackageStamp?)new PackageStamp(0, g.Max(p => p.Stamp), g.Count()))
            .SingleOrDefault()));

    /// <summary>
    /// The stamp now, and the domain's own as it was before the package's was read. The configuration is that of the snapshot
    /// at hand, because it is the snapshot that the value will be made with: the domain may have moved on since.
    /// </summary>
    public async ValueTask<(PackageStamp Package, long Sequence)> CurrentAsync(DomainSnapshot domain, PackageCoordinate package, CancellationToken cancellation)
    {
        // In this order: a change between the two reads makes the sequence too old, and the next request looks again.
        var stamp = await domains.CurrentAsync(domain.Id, cancellation) ?? default;
        await using var db = database.Open();
        var found = await Read.On(db)(db, domain.Id, package.Format, package.Namespace, package.Name) ?? default;
        return (found with { Configuration = domain.Stamp.Configuration, DomainId = domain.Id }, stamp.Sequence);
    }

    /// <summary>The domain's sequence, which on SQLite is known without a read.</summary>
    public async ValueTask<long> SequenceAsync(long domainId, CancellationToken cancellation) =>
        domains.Committed(domainId)?.Sequence ?? (await domains.CurrentAsync(domainId, cancellation))?.Sequence ?? -1;

    /// <summary>The domain's sequence if it is known without a read, else null.</summary>
    public long? KnownSequence(long domainId) => domains.Committed(domainId)?.Sequence;
}
