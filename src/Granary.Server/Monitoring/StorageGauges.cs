using System.Diagnostics.Metrics;
using Granary.Core.Database;
using Granary.Core.Usage;
using Microsoft.EntityFrameworkCore;

namespace Granary.Server.Monitoring;

/// <summary>The last measurement of storage, by domain and repository, as it was when <see cref="RefreshAsync"/> read it.</summary>
public sealed class StorageGauges(GranaryDatabase database, TimeProvider clock)
{
    // The largest first; OpenTelemetry's SDK takes 2,000 for each instrument.
    private const int Most = 1_000;

    private volatile IReadOnlyList<Measurement<long>> once = [];
    private volatile IReadOnlyList<Measurement<long>> logical = [];

    internal IEnumerable<Measurement<long>> Read() => once;

    internal IEnumerable<Measurement<long>> ReadLogical() => logical;

    public async Task RefreshAsync(CancellationToken cancellation)
    {
        once = await ReadAsync(UsageMetric.StorageBytes, cancellation);
        logical = await ReadAsync(UsageMetric.LogicalStorageBytes, cancellation);
    }

    private async Task<IReadOnlyList<Measurement<long>>> ReadAsync(UsageMetric metric, CancellationToken cancellation)
    {
        var (name, since) = (metric.Name(), clock.GetUtcNow().AddHours(-2));
        await using var db = database.Open();
        var rows = await db.MetricRollups.AsNoTracking()
            .Where(r => r.Facet == Facets.Storage && r.Metric == name && r.Seconds == Resolutions.Hour && r.StartsAt >= since)
            .ToListAsync(cancellation);
        return [.. rows
            .GroupBy(r => (r.AccountId, r.DomainName, r.Repository))
            .Select(g => g.MaxBy(r => r.StartsAt)!)
            .OrderByDescending(r => r.Sum / r.Samples)
            .Take(Most)
            .Select(r => new Measurement<long>(
                r.Sum / r.Samples,
                new("account", r.AccountId),
                new("repository", r.Repository.Length == 0 ? r.DomainName : $"{r.DomainName}/{r.Repository}"),
                new("scope", r.Repository.Length == 0 ? "domain" : "repository")))];
    }
}
