using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Usage;

/// <summary>One metric of one domain, or narrower.</summary>
/// <param name="Repository">Null: of the domain.</param>
/// <param name="Format">Null: of all formats. Empty: of requests that are about none.</param>
public sealed record MetricSeries(string Account, UsageMetric Metric, string Domain, string? Repository, string? Format);

/// <summary>One span of a series.</summary>
public sealed record MetricPoint(DateTimeOffset At, StatisticSet Set);

/// <summary>Reads the rollups as CloudWatch shows them.</summary>
public sealed class MetricQueries(GranaryDatabase database, TimeProvider clock)
{
    /// <summary>
    /// Points of <paramref name="period"/> seconds each, the first of which begins at <paramref name="from"/>; spans without any request
    /// are left out. What is too old to be told so finely is not there.
    /// </summary>
    public async Task<IReadOnlyList<MetricPoint>> ReadAsync(
        MetricSeries series, DateTimeOffset from, DateTimeOffset to, int period, CancellationToken cancellation)
    {
        var (seconds, scale) = (Resolution(from, period), series.Metric.Scale());
        await using var db = database.Open();
        var points = new SortedDictionary<long, StatisticSet>();
        var rows = Rows(db, series).Where(r => r.Seconds == seconds && r.StartsAt >= from && r.StartsAt < to)
            .GroupBy(r => r.StartsAt)
            .Select(g => new { At = g.Key, Sum = g.Sum(r => r.Sum), Samples = g.Sum(r => r.Samples), Minimum = g.Min(r => r.Minimum), Maximum = g.Max(r => r.Maximum) });
        foreach (var row in await rows.ToListAsync(cancellation))
        {
            var index = (row.At.ToUnixTimeSeconds() - from.ToUnixTimeSeconds()) / period;
            var set = points.GetValueOrDefault(index);
            set.Add(new StatisticSet { Sum = row.Sum / scale, Samples = row.Samples, Minimum = row.Minimum / scale, Maximum = row.Maximum / scale });
            points[index] = set;
        }

        return [.. points.Select(p => new MetricPoint(from.AddSeconds(p.Key * period), p.Value))];
    }

    /// <summary>Every series of an account, narrower ones after the one that holds them; those that were seen in the last 15 days, or three hours.</summary>
    public async Task<IReadOnlyList<MetricSeries>> ListAsync(string account, bool isRecent, CancellationToken cancellation)
    {
        // As CloudWatch, which forgets a metric two weeks after its last point.
        var since = Resolutions.Floor(clock.GetUtcNow() - (isRecent ? TimeSpan.FromHours(3) : TimeSpan.FromDays(14)), Resolutions.Hour);
        await using var db = database.Open();
        var seen = await db.MetricRollups
            .Where(r => r.AccountId == account && r.DomainName != "" && (r.Facet == Facets.Format || r.Facet == Facets.Storage) && r.Seconds == Resolutions.Hour && r.StartsAt >= since)
            .Select(r => new { r.DomainName, r.Metric, r.Repository, r.FacetValue })
            .Distinct()
            .ToListAsync(cancellation);
        return [.. seen
            .Where(r => UsageMetrics.Find(r.Metric) is not null)
            .SelectMany(r => Series(account, UsageMetrics.Find(r.Metric)!.Value, r.DomainName, r.Repository, r.FacetValue))
            .Distinct()
            .OrderBy(s => s.Metric.Name(), StringComparer.Ordinal).ThenBy(s => s.Domain, StringComparer.Ordinal)
            .ThenBy(s => s.Repository, StringComparer.Ordinal).ThenBy(s => s.Format, StringComparer.Ordinal)];
    }

    /// <summary>The longest kept span that divides the period and its beginning: the fewest rows.</summary>
    private static int Resolution(DateTimeOffset from, int period) =>
        Resolutions.All.First(seconds => seconds == Resolutions.Minute || (period % seconds == 0 && from.ToUnixTimeSeconds() % seconds == 0));

    private static IEnumerable<MetricSeries> Series(string account, UsageMetric metric, string domain, string repository, string format)
    {
        if (!metric.IsGauge() || repository.Length == 0)
        {
            yield return new MetricSeries(account, metric, domain, null, null);
        }

        if (repository.Length > 0)
        {
            yield return new MetricSeries(account, metric, domain, repository, null);
            if (format.Length > 0)
            {
                yield return new MetricSeries(account, metric, domain, repository, format);
            }
        }
    }

    private static IQueryable<MetricRollup> Rows(GranaryContext db, MetricSeries series)
    {
        var (name, facet) = (series.Metric.Name(), series.Metric.IsGauge() ? Facets.Storage : Facets.Format);
        var rows = db.MetricRollups.Where(r => r.AccountId == series.Account && r.DomainName == series.Domain && r.Facet == facet && r.Metric == name);
        if (series.Repository is { } repository)
        {
            rows = rows.Where(r => r.Repository == repository);
        }
        else if (series.Metric.IsGauge())
        {
            rows = rows.Where(r => r.Repository == "");
        }

        return series.Format is { } format ? rows.Where(r => r.FacetValue == format) : rows;
    }
}
