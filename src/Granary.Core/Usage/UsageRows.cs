using System.Globalization;
using System.Text;
using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Usage;

/// <summary>Adds rows to those that are there, one statement for some hundred of them, in one order on every node so that no two wait for each other.</summary>
internal static class UsageRows
{
    private const int Chunk = 200;

    private const string Rollups =
        """
        INSERT INTO metric_rollups (account_id, domain_name, facet, metric, seconds, starts_at, repository, facet_value, sum, samples, minimum, maximum) VALUES {0}
        ON CONFLICT (account_id, domain_name, facet, metric, seconds, starts_at, repository, facet_value) DO UPDATE SET
            sum = metric_rollups.sum + excluded.sum,
            samples = metric_rollups.samples + excluded.samples,
            minimum = CASE WHEN excluded.minimum < metric_rollups.minimum THEN excluded.minimum ELSE metric_rollups.minimum END,
            maximum = CASE WHEN excluded.maximum > metric_rollups.maximum THEN excluded.maximum ELSE metric_rollups.maximum END
        """;

    private const string Downloads =
        """
        INSERT INTO download_counts (domain_id, repository, format, namespace, package, version, asset, count, last_at) VALUES {0}
        ON CONFLICT (domain_id, repository, format, namespace, package, version, asset) DO UPDATE SET
            count = download_counts.count + excluded.count,
            last_at = CASE WHEN excluded.last_at > download_counts.last_at THEN excluded.last_at ELSE download_counts.last_at END
        """;

    public static async Task AddAsync(GranaryContext db, PendingUsage pending)
    {
        var rollups = pending.Rollups
            .OrderBy(r => r.Key.Account, StringComparer.Ordinal).ThenBy(r => r.Key.Domain, StringComparer.Ordinal)
            .ThenBy(r => r.Key.Facet, StringComparer.Ordinal).ThenBy(r => r.Key.Metric, StringComparer.Ordinal)
            .ThenBy(r => r.Key.Seconds).ThenBy(r => r.Key.StartsAt)
            .ThenBy(r => r.Key.Repository, StringComparer.Ordinal).ThenBy(r => r.Key.Value, StringComparer.Ordinal);
        await AddAsync(db, Rollups, rollups.Select(r => (object[])
        [
            r.Key.Account, r.Key.Domain, r.Key.Facet, r.Key.Metric, r.Key.Seconds, r.Key.StartsAt, r.Key.Repository, r.Key.Value,
            Stored(r.Key, r.Value.Sum), r.Value.Samples, Stored(r.Key, r.Value.Minimum), Stored(r.Key, r.Value.Maximum),
        ]));
        var downloads = pending.Downloads
            .OrderBy(d => d.Key.DomainId).ThenBy(d => d.Key.Repository, StringComparer.Ordinal)
            .ThenBy(d => d.Key.Format, StringComparer.Ordinal).ThenBy(d => d.Key.Namespace, StringComparer.Ordinal)
            .ThenBy(d => d.Key.Package, StringComparer.Ordinal).ThenBy(d => d.Key.Version, StringComparer.Ordinal)
            .ThenBy(d => d.Key.Asset, StringComparer.Ordinal);
        await AddAsync(db, Downloads, downloads.Select(d => (object[])
        [
            d.Key.DomainId, d.Key.Repository, d.Key.Format, d.Key.Namespace, d.Key.Package, d.Key.Version, d.Key.Asset, d.Value.Count, d.Value.LastAt,
        ]));
    }

    private static long Stored(in RollupKey key, double value) => (long)Math.Round(value * UsageMetrics.Find(key.Metric)!.Value.Scale());

    private static async Task AddAsync(GranaryContext db, string statement, IEnumerable<object[]> rows)
    {
        foreach (var chunk in rows.Chunk(Chunk))
        {
            var values = new StringBuilder();
            var parameter = 0;
            foreach (var row in chunk)
            {
                values.Append(values.Length == 0 ? "(" : ", (");
                values.AppendJoin(", ", row.Select(_ => string.Create(CultureInfo.InvariantCulture, $"{{{parameter++}}}"))).Append(')');
            }

            // Only places for parameters are put into the text.
            await db.Database.ExecuteSqlRawAsync(statement.Replace("{0}", values.ToString(), StringComparison.Ordinal), chunk.SelectMany(row => row));
        }
    }
}
