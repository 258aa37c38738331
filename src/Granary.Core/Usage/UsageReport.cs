using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Usage;

/// <summary>By what a report is told apart.</summary>
public enum UsageGrouping
{
    None,
    Domain,
    Repository,
    Principal,
    PackageGroup,
}

/// <summary>What one day, or one group of a report, has used.</summary>
/// <param name="Group">Such as <c>my-domain/my-repo</c>; empty for what is of no group.</param>
public sealed record UsageLine(string Account, string Group)
{
    public long Requests { get; set; }

    public long Downloads { get; set; }

    public long BytesUploaded { get; set; }

    public long BytesDownloaded { get; set; }

    /// <summary>Fetched from public sources.</summary>
    public long UpstreamBytes { get; set; }

    /// <summary>Sent without asking the public source that they came from.</summary>
    public long CacheBytesSaved { get; set; }

    /// <summary>Bytes times the part of their month that they were kept: what is priced.</summary>
    public decimal StorageByteMonths { get; set; }

    /// <summary>The same, had each version its own copy of its assets.</summary>
    public decimal LogicalStorageByteMonths { get; set; }

    /// <summary>Gibibytes of a month that were not kept twice.</summary>
    public decimal DeduplicatedGbMonths => Math.Max(0, LogicalStorageByteMonths - StorageByteMonths) / Gigabyte;

    public decimal StorageGbMonths => StorageByteMonths / Gigabyte;

    public decimal TransferGb => BytesDownloaded / Gigabyte;

    private const decimal Gigabyte = 1L << 30;

    public decimal StorageCost(PriceSheet prices) => StorageGbMonths * prices.StorageGbMonth;

    public decimal RequestCost(PriceSheet prices) => Requests * prices.TenThousandRequests / 10_000;

    public decimal TransferCost(PriceSheet prices) => TransferGb * prices.TransferGb;

    public decimal Cost(PriceSheet prices) => StorageCost(prices) + RequestCost(prices) + TransferCost(prices);
}

/// <summary>
/// Adds up the days of a span. Storage is what an hour's measurement found, for the whole of the day in which it was; a day without any has what
/// the day before it had. The day that is not over has the part of it that has passed.
/// </summary>
public sealed class UsageReport(GranaryDatabase database, TimeProvider clock)
{
    private static readonly string[] Storage = [UsageMetric.StorageBytes.Name(), UsageMetric.LogicalStorageBytes.Name()];

    /// <param name="account">Null for all accounts.</param>
    /// <param name="from">The first day, at midnight UTC.</param>
    /// <param name="to">The first day that is left out.</param>
    /// <returns>One line for each group and account that has used anything, by account and group in byte order.</returns>
    public async Task<IReadOnlyList<UsageLine>> RunAsync(string? account, DateTimeOffset from, DateTimeOffset to, UsageGrouping grouping, CancellationToken cancellation)
    {
        var lines = new Dictionary<(string, string), UsageLine>();
        UsageLine Line(string of, string group)
        {
            var key = (of, group);
            return lines.TryGetValue(key, out var line) ? line : lines[key] = new UsageLine(of, group);
        }

        await using var db = database.Open();
        var days = db.MetricRollups.AsNoTracking().Where(r => r.Seconds == Resolutions.Day && r.StartsAt < to);
        if (account is not null)
        {
            days = days.Where(r => r.AccountId == account);
        }

        var facet = grouping switch
        {
            UsageGrouping.Principal => Facets.Principal,
            UsageGrouping.PackageGroup => Facets.PackageGroup,
            _ => Facets.Format,
        };
        var counted = await days
            .Where(r => r.StartsAt >= from && r.Facet == facet && !Storage.Contains(r.Metric))
            .GroupBy(r => new { r.AccountId, r.DomainName, r.Repository, r.FacetValue, r.Metric })
            .Select(g => new { g.Key, Sum = g.Sum(r => r.Sum) })
            .ToListAsync(cancellation);
        foreach (var row in counted)
        {
            Count(Line(row.Key.AccountId, Group(grouping, row.Key.DomainName, row.Key.Repository, row.Key.FacetValue)), row.Key.Metric, row.Sum);
        }

        foreach (var (key, byteMonths) in await StoredAsync(days, from, to, grouping, cancellation))
        {
            var line = Line(key.Account, Group(grouping, key.Domain, key.Repository, key.Group));
            _ = key.Metric == Storage[0] ? line.StorageByteMonths += byteMonths : line.LogicalStorageByteMonths += byteMonths;
        }

        return [.. lines.Values.Where(IsUsed).OrderBy(l => l.Account, StringComparer.Ordinal).ThenBy(l => l.Group, StringComparer.Ordinal)];
    }

    private static bool IsUsed(UsageLine line) =>
        line.Requests + line.BytesDownloaded + line.BytesUploaded + line.UpstreamBytes > 0 || line.StorageByteMonths + line.LogicalStorageByteMonths > 0;

    private static string Group(UsageGrouping grouping, string domain, string repository, string value) => grouping switch
    {
        UsageGrouping.Domain => domain,
        UsageGrouping.Repository => repository.Length == 0 ? domain : $"{domain}/{repository}",
        UsageGrouping.Principal => value,
        UsageGrouping.PackageGroup => domain.Length == 0 ? "" : $"{domain}:{value}",
        _ => "",
    };

    private static void Count(UsageLine line, string metric, long value)
    {
        switch (UsageMetrics.Find(metric))
        {
            case UsageMetric.Requests:
                line.Requests += value;
                break;
            case UsageMetric.Downloads:
                line.Downloads += value;
                break;
            case UsageMetric.BytesUploaded:
                line.BytesUploaded += value;
                break;
            case UsageMetric.BytesDownloaded:
                line.BytesDownloaded += value;
                break;
            case UsageMetric.UpstreamBytes:
                line.UpstreamBytes += value;
                break;
            case UsageMetric.CacheBytesSaved:
                line.CacheBytesSaved += value;
                break;
            default:
                break;
        }
    }

    private async Task<IReadOnlyDictionary<StorageKey, decimal>> StoredAsync(
        IQueryable<MetricRollup> days, DateTimeOffset from, DateTimeOffset to, UsageGrouping grouping, CancellationToken cancellation)
    {
        if (grouping is UsageGrouping.Principal)
        {
            return new Dictionary<StorageKey, decimal>();
        }

        // What lies before the span tells what its first days had, where nothing was measured then.
        var earliest = from.AddDays(-7);
        var facet = grouping is UsageGrouping.PackageGroup ? Facets.PackageGroup : Facets.Storage;
        var rows = days.Where(r => r.StartsAt >= earliest && r.Facet == facet && Storage.Contains(r.Metric));
        rows = grouping is UsageGrouping.Repository ? rows.Where(r => r.Repository != "") : rows.Where(r => r.Repository == "");
        var measured = await rows
            .Select(r => new { r.AccountId, r.DomainName, r.Repository, r.FacetValue, r.Metric, r.StartsAt, r.Sum, r.Samples })
            .ToListAsync(cancellation);
        var (now, result) = (clock.GetUtcNow(), new Dictionary<StorageKey, decimal>());
        foreach (var series in measured.GroupBy(r => new StorageKey(r.AccountId, r.DomainName, r.Repository, r.FacetValue, r.Metric)))
        {
            var byDay = series.ToDictionary(r => r.StartsAt, r => (decimal)r.Sum / r.Samples);
            var last = byDay.Where(d => d.Key < from).OrderBy(d => d.Key).Select(d => d.Value).LastOrDefault();
            var end = byDay.Keys.Max().AddDays(MostCarried);
            for (var day = from; day < to && day < now && day < end; day = day.AddDays(1))
            {
                last = byDay.GetValueOrDefault(day, last);
                result[series.Key] = result.GetValueOrDefault(series.Key) + (last * Part(day, now) / DateTime.DaysInMonth(day.Year, day.Month));
            }
        }

        return result;
    }

    // A domain that is deleted is measured no more: it is not to be paid for ever.
    private const int MostCarried = 2;

    /// <summary>How much of a day has passed.</summary>
    private static decimal Part(DateTimeOffset day, DateTimeOffset now) => Math.Min(1, (decimal)(now - day).TotalDays);

    private sealed record StorageKey(string Account, string Domain, string Repository, string Group, string Metric);
}
