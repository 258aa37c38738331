using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Core.Packages;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Repositories;

/// <summary>
/// Removes a repository and everything in it. All of it happens inside the database, so that memory does not grow with
/// the number of versions.
/// </summary>
internal static class RepositoryDeletion
{
    public static async Task RunAsync(ChangeTransaction transaction, Repository repository)
    {
        await RecordVersionsAsync(transaction, repository);
        transaction.RecordConfiguration(ChangeKind.RepositoryDeleted, repository);
        await DeleteContentAsync(transaction.Db, repository);

        var (db, domain, id) = (transaction.Db, repository.DomainId, repository.Id);
        await db.ResourceTags.Where(t => t.DomainId == domain && t.ResourceId == id).ExecuteDeleteAsync();
        await db.AllowedRepositories.Where(a => a.DomainId == domain && a.RepositoryId == id).ExecuteDeleteAsync();
        // Those that name it as an upstream lose it; what they have retained from it stays.
        await db.RepositoryUpstreams.Where(u => u.DomainId == domain && (u.RepositoryId == id || u.UpstreamId == id)).ExecuteDeleteAsync();
        db.Repositories.Remove(repository);
    }

    // One change for each version, as events are about versions; numbered by the database in the order of their creation.
    private static async Task RecordVersionsAsync(ChangeTransaction transaction, Repository repository)
    {
        var (domain, id) = (repository.DomainId, repository.Id);
        var versions = await transaction.Db.PackageVersions
            .Where(v => v.DomainId == domain && transaction.Db.Packages.Any(p => p.DomainId == domain && p.Id == v.PackageId && p.RepositoryId == id))
            .CountAsync();
        if (versions == 0)
        {
            return;
        }

        var before = transaction.Skip(versions);
        var (at, kind, status) = (transaction.Now.ToUnixTimeMilliseconds(), nameof(ChangeKind.VersionDeleted), nameof(PackageVersionStatus.Deleted));
        await transaction.Db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO changes (domain_id, sequence, at, kind, actor, repository_id, repository, administrator, format, namespace, package, version,
                                 status, revision, assets_added, assets_removed, metadata_updated, status_changed)
            SELECT v.domain_id, {before} + ROW_NUMBER() OVER (ORDER BY v.id), {at}, {kind}, {transaction.Actor.Arn}, p.repository_id, {repository.Name}, {repository.Administrator},
                   p.format, p.namespace, p.name, v.version, {status}, v.revision, 0,
                   (SELECT COUNT(*) FROM version_assets a WHERE a.domain_id = v.domain_id AND a.version_id = v.id), FALSE, TRUE
            FROM packages p
            JOIN package_versions v ON v.domain_id = p.domain_id AND v.package_id = p.id
            WHERE p.domain_id = {domain} AND p.repository_id = {id}
            """);
    }

    private static async Task DeleteContentAsync(GranaryContext db, Repository repository)
    {
        var (domain, id) = (repository.DomainId, repository.Id);
        var packages = db.Packages.Where(p => p.DomainId == domain && p.RepositoryId == id).Select(p => p.Id);
        var versions = db.PackageVersions.Where(v => v.DomainId == domain && packages.Contains(v.PackageId)).Select(v => v.Id);
        await db.VersionAssets.Where(a => a.DomainId == domain && versions.Contains(a.VersionId)).ExecuteDeleteAsync();
        await db.VersionReadmes.Where(r => r.DomainId == domain && versions.Contains(r.VersionId)).ExecuteDeleteAsync();
        await db.PackageTags.Where(t => t.DomainId == domain && packages.Contains(t.PackageId)).ExecuteDeleteAsync();
        await db.PackageVersions.Where(v => v.DomainId == domain && packages.Contains(v.PackageId)).ExecuteDeleteAsync();
        await db.Packages.Where(p => p.DomainId == domain && p.RepositoryId == id).ExecuteDeleteAsync();
    }
}
