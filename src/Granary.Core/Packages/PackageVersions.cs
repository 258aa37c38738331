using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Packages;

/// <summary>
/// What the control plane does to versions. A call happens for all of its versions or for none: a failure marks the others
/// as skipped. A version that is already as it should be succeeds, and nothing is recorded for it.
/// </summary>
public sealed class PackageVersions(ChangeLog log)
{
    private delegate Task Application(ChangeTransaction transaction, Package package, IReadOnlyList<PackageVersion> versions);

    /// <param name="target">Published, Unlisted or Archived.</param>
    /// <param name="actor">The ARN of the principal who asks.</param>
    /// <exception cref="Refusal">Validation: the target or the selection is wrong. NotFound: there is no such package.</exception>
    public Task<VersionResults> UpdateStatusAsync(
        RepositorySnapshot repository, PackageCoordinate package, VersionSelection selection, PackageVersionStatus target, Actor actor, CancellationToken cancellation)
    {
        if (target is not (PackageVersionStatus.Published or PackageVersionStatus.Unlisted or PackageVersionStatus.Archived))
        {
            throw Refusal.Validation($"The target status {target} cannot be set: it must be Published, Unlisted or Archived.");
        }

        Task Apply(ChangeTransaction transaction, Package found, IReadOnlyList<PackageVersion> versions)
        {
            foreach (var version in versions.Where(v => v.Status != target))
            {
                version.Status = target;
                transaction.Record(repository, found, ChangeKind.VersionUpdated, version, new VersionChange(StatusChanged: true));
            }

            return Task.CompletedTask;
        }

        return ChangeAsync(repository, package, selection, target, Apply, actor, cancellation);
    }

    /// <summary>Takes the assets away for good. The versions, their manifests and readmes stay, and so do their revisions.</summary>
    /// <exception cref="Refusal">Validation: the selection is wrong. NotFound: there is no such package.</exception>
    public Task<VersionResults> DisposeAsync(
        RepositorySnapshot repository, PackageCoordinate package, VersionSelection selection, Actor actor, CancellationToken cancellation)
    {
        async Task ApplyAsync(ChangeTransaction transaction, Package found, IReadOnlyList<PackageVersion> versions)
        {
            var assets = await RemoveAssetsAsync(transaction, versions);
            foreach (var version in versions.Where(v => v.Status is not PackageVersionStatus.Disposed))
            {
                version.Status = PackageVersionStatus.Disposed;
                var change = new VersionChange(AssetsRemoved: assets.GetValueOrDefault(version.Id), StatusChanged: true);
                transaction.Record(repository, found, ChangeKind.VersionUpdated, version, change);
            }
        }

        return ChangeAsync(repository, package, selection, PackageVersionStatus.Disposed, ApplyAsync, actor, cancellation);
    }

    /// <summary>Removes versions with all that belongs to them, tags that point to them included. The package stays.</summary>
    /// <exception cref="Refusal">Validation: the selection is wrong. NotFound: there is no such package.</exception>
    public Task<VersionResults> DeleteAsync(
        RepositorySnapshot repository, PackageCoordinate package, VersionSelection selection, Actor actor, CancellationToken cancellation)
    {
        Task ApplyAsync(ChangeTransaction transaction, Package found, IReadOnlyList<PackageVersion> versions) =>
            RemoveVersionsAsync(transaction, repository, found, versions);

        return ChangeAsync(repository, package, selection, PackageVersionStatus.Deleted, ApplyAsync, actor, cancellation);
    }

    /// <summary>Removes a package, its versions and its origin controls. Answers the package as it was.</summary>
    /// <exception cref="Refusal">NotFound: there is no such package.</exception>
    public Task<Package> DeletePackageAsync(RepositorySnapshot repository, PackageCoordinate package, Actor actor, CancellationToken cancellation) =>
        log.WriteAsync(repository.DomainId, actor, transaction => RemovePackageAsync(transaction, repository, package), cancellation);

    private Task<VersionResults> ChangeAsync(
        RepositorySnapshot repository, PackageCoordinate package, VersionSelection selection, PackageVersionStatus target, Application apply, Actor actor, CancellationToken cancellation)
    {
        var names = selection.Distinct();
        return log.WriteAsync(
            repository.DomainId,
            actor,
            async transaction =>
            {
                var found = await DemandAsync(transaction, repository, package);
                var rows = await FindAsync(transaction, found, names);
                var failed = new Dictionary<string, VersionFailure>(StringComparer.Ordinal);
                foreach (var name in names)
                {
                    if (selection.Judge(name, rows.GetValueOrDefault(name), target) is { } failure)
                    {
                        failed.Add(name, failure);
                    }
                }

                if (failed.Count > 0)
                {
                    var all = names.ToDictionary(n => n, n => failed.GetValueOrDefault(n) ?? new VersionFailure("SKIPPED", $"version {n} is skipped"), StringComparer.Ordinal);
                    return new VersionResults(new Dictionary<string, VersionOutcome>(), all);
                }

                await apply(transaction, found, [.. names.Select(n => rows[n])]);
                return new VersionResults(names.ToDictionary(n => n, n => new VersionOutcome(rows[n].Revision, target), StringComparer.Ordinal), failed);
            },
            cancellation);
    }

    private static async Task RemoveVersionsAsync(
        ChangeTransaction transaction, RepositorySnapshot repository, Package package, IReadOnlyList<PackageVersion> versions)
    {
        var (db, domain) = (transaction.Db, transaction.DomainId);
        var assets = await RemoveAssetsAsync(transaction, versions);
        var ids = versions.Select(v => v.Id).ToList();
        var names = versions.Select(v => v.Version).ToList();
        await db.VersionReadmes.Where(r => r.DomainId == domain && ids.Contains(r.VersionId)).ExecuteDeleteAsync();
        await db.PackageTags.Where(t => t.DomainId == domain && t.PackageId == package.Id && names.Contains(t.Version)).ExecuteDeleteAsync();
        db.PackageVersions.RemoveRange(versions);
        foreach (var version in versions)
        {
            RecordDeletion(transaction, repository, package, version, assets.GetValueOrDefault(version.Id));
        }
    }

    private static async Task<Package> RemovePackageAsync(ChangeTransaction transaction, RepositorySnapshot repository, PackageCoordinate coordinate)
    {
        var (db, domain) = (transaction.Db, transaction.DomainId);
        var package = await DemandAsync(transaction, repository, coordinate);
        // With the record its stamp goes, and what remains may be the stamp that an older listing was made with, which still shows what is gone.
        transaction.MoveConfiguration();
        var versions = db.PackageVersions.Where(v => v.DomainId == domain && v.PackageId == package.Id);
        var ids = versions.Select(v => v.Id);
        var assets = db.VersionAssets.Where(a => a.DomainId == domain && ids.Contains(a.VersionId));
        var counts = await CountAsync(assets);
        foreach (var version in await WithoutManifests(versions).ToListAsync())
        {
            RecordDeletion(transaction, repository, package, version, counts.GetValueOrDefault(version.Id));
        }

        await assets.ExecuteDeleteAsync();
        await db.VersionReadmes.Where(r => r.DomainId == domain && ids.Contains(r.VersionId)).ExecuteDeleteAsync();
        await db.PackageTags.Where(t => t.DomainId == domain && t.PackageId == package.Id).ExecuteDeleteAsync();
        await versions.ExecuteDeleteAsync();
        db.Packages.Remove(package);
        transaction.Record(repository, package, ChangeKind.PackageDeleted);
        return package;
    }

    private static async Task<Package> DemandAsync(ChangeTransaction transaction, RepositorySnapshot repository, PackageCoordinate package)
    {
        var named = StoredText.CanHold(package.Format) && StoredText.CanHold(package.Namespace) && StoredText.CanHold(package.Name);
        return (named ? await PackageWriter.FindAsync(transaction, repository, package) : null) ?? throw PackageRefusals.NotFound(repository, package);
    }

    private static Task<Dictionary<string, PackageVersion>> FindAsync(ChangeTransaction transaction, Package package, IReadOnlyList<string> names)
    {
        var possible = names.Where(StoredText.CanHold).ToList();
        return transaction.Db.PackageVersions
            .Where(v => v.DomainId == transaction.DomainId && v.PackageId == package.Id && possible.Contains(v.Version))
            .ToDictionaryAsync(v => v.Version, StringComparer.Ordinal);
    }

    private static IQueryable<PackageVersion> WithoutManifests(IQueryable<PackageVersion> versions) =>
        versions.OrderBy(v => v.Id).Select(v => new PackageVersion
        {
            DomainId = v.DomainId,
            Id = v.Id,
            PackageId = v.PackageId,
            Version = v.Version,
            Status = v.Status,
            Revision = v.Revision,
            OriginRepository = v.OriginRepository,
            OriginConnection = v.OriginConnection,
            PublishedAt = v.PublishedAt,
            Manifest = Array.Empty<byte>(),
        });

    /// <summary>How many assets each version had.</summary>
    private static async Task<Dictionary<long, int>> RemoveAssetsAsync(ChangeTransaction transaction, IReadOnlyList<PackageVersion> versions)
    {
        var ids = versions.Select(v => v.Id).ToList();
        var assets = transaction.Db.VersionAssets.Where(a => a.DomainId == transaction.DomainId && ids.Contains(a.VersionId));
        var counts = await CountAsync(assets);
        await assets.ExecuteDeleteAsync();
        return counts;
    }

    private static Task<Dictionary<long, int>> CountAsync(IQueryable<VersionAsset> assets) =>
        assets.GroupBy(a => a.VersionId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count);

    private static void RecordDeletion(ChangeTransaction transaction, RepositorySnapshot repository, Package package, PackageVersion version, int assets) =>
        transaction.Record(repository, package, ChangeKind.VersionDeleted, version, new VersionChange(AssetsRemoved: assets, StatusChanged: true));
}
