using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Groups;
using Microsoft.Extensions.Logging;

namespace Granary.Core.Usage;

/// <summary>
/// Adds what <see cref="UsageMeter"/> has counted to the rollups and the download counts, each quarter of a minute in one transaction. What
/// cannot be written is kept and tried again. A killed process loses the counts of one interval at most; where the connection to PostgreSQL
/// breaks during the commit, one interval may be counted twice.
/// </summary>
public sealed partial class UsageWriter(UsageMeter meter, ChangeLog log, DomainDirectory domains, TimeProvider clock, ILogger<UsageWriter> logger) : IDisposable
{
    /// <summary>Divides a minute, so that no interval belongs to two.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private static readonly UsageMetric[] Shared =
        [UsageMetric.Requests, UsageMetric.Downloads, UsageMetric.BytesUploaded, UsageMetric.BytesDownloaded, UsageMetric.CacheBytesSaved, UsageMetric.UpstreamBytes];

    private readonly SemaphoreSlim gate = new(1);
    private readonly PendingUsage pending = new();
    private DateTimeOffset began = clock.GetUtcNow();

    /// <summary>Until the next interval ends, by the wall clock.</summary>
    public TimeSpan Wait => TimeSpan.FromTicks(Interval.Ticks - (clock.GetUtcNow().UtcTicks % Interval.Ticks));

    /// <summary>Returns when everything that was counted on this node before is in the database.</summary>
    /// <exception cref="Refusal">It could not be written; it is kept and tried again.</exception>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation);
        try
        {
            var at = began;
            began = clock.GetUtcNow();
            if (meter.Take() is { IsEmpty: false } taken)
            {
                await GatherAsync(taken, at, cancellation);
            }

            if (pending.IsEmpty)
            {
                return;
            }

            await log.WriteServerAsync(db => UsageRows.AddAsync(db, pending), CancellationToken.None);
            if (pending.Lost > 0)
            {
                LogLost(pending.Lost);
            }

            pending.Clear();
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async Task GatherAsync(UsageTake taken, DateTimeOffset at, CancellationToken cancellation)
    {
        foreach (var (key, sets) in taken.Requests)
        {
            foreach (var metric in UsageMetrics.All)
            {
                Add(key.Account, key.Domain, Facets.Format, key.Format, key.Repository, metric, at, sets, Resolutions.All);
            }

            foreach (var metric in Shared.Where(_ => key.Principal.Length > 0))
            {
                Add(key.Account, key.Domain, Facets.Principal, key.Principal, key.Repository, metric, at, sets, [Resolutions.Hour, Resolutions.Day]);
            }
        }

        foreach (var (use, sets) in taken.Packages)
        {
            if (use.Asset.Length > 0)
            {
                pending.Add(
                    new DownloadKey(use.DomainId, use.Repository, use.Package.Format, use.Package.Namespace, use.Package.Name, use.Version, use.Asset),
                    sets[(int)UsageMetric.Downloads].Samples,
                    at.ToUnixTimeMilliseconds());
            }

            var group = await GroupAsync(use, cancellation);
            foreach (var metric in Shared)
            {
                Add(use.Account, use.Domain, Facets.PackageGroup, group, use.Repository, metric, at, sets, [Resolutions.Hour, Resolutions.Day]);
            }
        }
    }

    private void Add(
        string account, string domain, string facet, string value, string repository, UsageMetric metric, DateTimeOffset at, StatisticSet[] sets, IReadOnlyList<int> resolutions)
    {
        foreach (var seconds in resolutions)
        {
            pending.Add(
                new RollupKey(account, domain, facet, metric.Name(), seconds, Resolutions.Floor(at, seconds).ToUnixTimeMilliseconds(), repository, value),
                sets[(int)metric]);
        }
    }

    /// <summary>The group that the package is in now; the root of a domain that is gone.</summary>
    private async ValueTask<string> GroupAsync(PackageUse use, CancellationToken cancellation)
    {
        try
        {
            var domain = await domains.FindAsync(use.Account, use.Domain, cancellation);
            return domain is null ? PackageGroupPattern.Root.Text : domain.Groups.AssociationOf(use.Package).Group.Pattern.Text;
        }
        catch (Exception failure) when (StorageFailure.Of(failure) is not null)
        {
            // The database is away, and what was counted must not be lost over it.
            return PackageGroupPattern.Root.Text;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} counts of usage found no room while the database could not be written, and are lost")]
    private partial void LogLost(long count);
}
