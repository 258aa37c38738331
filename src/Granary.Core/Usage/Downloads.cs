using Granary.Core.Database;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Usage;

/// <summary>Reads how often assets were downloaded.</summary>
public sealed class Downloads(GranaryDatabase database)
{
    /// <summary>By format, namespace, package, version and asset in byte order.</summary>
    /// <param name="filter">What is given narrows it.</param>
    /// <param name="after">The last row of the page before, or null.</param>
    public async Task<IReadOnlyList<DownloadCount>> ListAsync(
        long domainId, string repository, DownloadFilter filter, DownloadPageKey? after, int take, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var rows = db.DownloadCounts.AsNoTracking().Where(d => d.DomainId == domainId && d.Repository == repository);
        if (filter.Format is { } format)
        {
            rows = rows.Where(d => d.Format == format);
        }

        if (filter.Package is { } package)
        {
            var scope = filter.Namespace ?? "";
            rows = rows.Where(d => d.Namespace == scope && d.Package == package);
        }

        if (filter.Version is { } version)
        {
            rows = rows.Where(d => d.Version == version);
        }

        if (filter.Before is { } before)
        {
            rows = rows.Where(d => d.LastAt < before);
        }

        if (after is var (lastFormat, lastNamespace, lastPackage, lastVersion, lastAsset))
        {
            rows = rows.Where(d => string.Compare(d.Format, lastFormat) > 0 || (d.Format == lastFormat
                && (string.Compare(d.Namespace, lastNamespace) > 0 || (d.Namespace == lastNamespace
                    && (string.Compare(d.Package, lastPackage) > 0 || (d.Package == lastPackage
                        && (string.Compare(d.Version, lastVersion) > 0 || (d.Version == lastVersion && string.Compare(d.Asset, lastAsset) > 0))))))));
        }

        return await rows.OrderBy(d => d.Format).ThenBy(d => d.Namespace).ThenBy(d => d.Package).ThenBy(d => d.Version).ThenBy(d => d.Asset).Take(take).ToListAsync(cancellation);
    }
}

/// <param name="Format">Null for all.</param>
/// <param name="Package">By its normalised name, with <paramref name="Namespace"/>; null for all.</param>
/// <param name="Version">Null for all.</param>
/// <param name="Before">Only those that were downloaded last before that moment; null for all.</param>
public sealed record DownloadFilter(string? Format = null, string? Namespace = null, string? Package = null, string? Version = null, DateTimeOffset? Before = null);

/// <summary>Where a page ended.</summary>
public sealed record DownloadPageKey(string Format, string Namespace, string Package, string Version, string Asset);
