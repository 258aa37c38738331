using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Packages;

/// <summary>
/// What the control plane asks about packages in one repository; upstreams are never consulted. Pages go on after the last
/// key of the page before, so whatever exists throughout is seen exactly once, however much changes meanwhile.
/// </summary>
public sealed class PackageQueries(GranaryDatabase database)
{
    /// <summary>The tag whose version is a package's default.</summary>
    internal const string DefaultTag = "latest";

    /// <summary>Packages by format, namespace and name, each in byte order.</summary>
    /// <param name="after">The last key of the page before, or null.</param>
    public async Task<IReadOnlyList<Package>> ListAsync(
        RepositorySnapshot repository, PackageFilter filter, PackageKey? after, int take, CancellationToken cancellation)
    {
        if (!CanHold(filter.Format, filter.NamespacePrefix, filter.NamePrefix, after?.Format, after?.Namespace, after?.Name))
        {
            return [];
        }

        await using var db = database.Open();
        return await filter.Apply(After(db, repository, filter, after).AsNoTracking())
            .OrderBy(p => p.Format).ThenBy(p => p.Namespace).ThenBy(p => p.Name)
            .Take(take)
            .ToListAsync(cancellation);
    }

    public async Task<Package?> FindAsync(RepositorySnapshot repository, PackageCoordinate package, CancellationToken cancellation)
    {
        var (format, @namespace, name) = package;
        if (!CanHold(format, @namespace, name))
        {
            return null;
        }

        await using var db = database.Open();
        return await db.Packages.AsNoTracking().SingleOrDefaultAsync(
            p => p.DomainId == repository.DomainId && p.RepositoryId == repository.Id && p.Format == format && p.Namespace == @namespace && p.Name == name,
            cancellation);
    }

    /// <summary>Versions by time of publication, then by their text in byte order; both turned round with <paramref name="newestFirst"/>.</summary>
    /// <param name="status">Only those with exactly this status.</param>
    /// <param name="external">Only those that came from a public source (true) or were published here (false).</param>
    public async Task<IReadOnlyList<PackageVersionLine>> ListVersionsAsync(
        Package package, PackageVersionStatus? status, bool? external, VersionPageKey? after, bool newestFirst, int take, CancellationToken cancellation)
    {
        if (!CanHold(after?.Version))
        {
            return [];
        }

        await using var db = database.Open();
        var versions = After(db, package, after, newestFirst).AsNoTracking();
        if (status is not null)
        {
            versions = versions.Where(v => v.Status == status);
        }

        if (external is not null)
        {
            versions = versions.Where(v => v.OriginConnection != null == external);
        }

        versions = newestFirst
            ? versions.OrderByDescending(v => v.PublishedAt).ThenByDescending(v => v.Version)
            : versions.OrderBy(v => v.PublishedAt).ThenBy(v => v.Version);
        return await versions
            .Take(take)
            .Select(v => new PackageVersionLine(
                v.Id, v.Version, v.Revision, v.Status, v.OriginRepository, v.OriginConnection, v.PublishedAt,
                db.VersionAssets.Where(a => a.DomainId == v.DomainId && a.VersionId == v.Id).Sum(a => a.Size)))
            .ToListAsync(cancellation);
    }

    public async Task<PackageVersion?> FindVersionAsync(Package package, string version, CancellationToken cancellation)
    {
        if (!CanHold(version))
        {
            return null;
        }

        await using var db = database.Open();
        return await db.PackageVersions.AsNoTracking().SingleOrDefaultAsync(
            v => v.DomainId == package.DomainId && v.PackageId == package.Id && v.Version == version, cancellation);
    }

    /// <summary>
    /// Of the versions that clients see the one that the tag <c>latest</c> points to, else the one that was published last. Where they see
    /// none, the same of all versions; null when there is none at all.
    /// </summary>
    public async Task<string?> DefaultDisplayVersionAsync(Package package, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var versions = db.PackageVersions.Where(v => v.DomainId == package.DomainId && v.PackageId == package.Id);
        var tags = db.PackageTags.Where(t => t.DomainId == package.DomainId && t.PackageId == package.Id && t.Name == DefaultTag);
        return await versions
            .OrderByDescending(v => v.Status == PackageVersionStatus.Published)
            .ThenByDescending(v => tags.Any(t => t.Version == v.Version))
            .ThenByDescending(v => v.PublishedAt)
            .ThenByDescending(v => v.Version)
            .Select(v => v.Version)
            .FirstOrDefaultAsync(cancellation);
    }

    /// <summary>A version's assets by name in byte order. A disposed version has none.</summary>
    public async Task<IReadOnlyList<AssetLine>> ListAssetsAsync(PackageVersion version, string? afterName, int take, CancellationToken cancellation)
    {
        if (!CanHold(afterName))
        {
            return [];
        }

        await using var db = database.Open();
        var names = AssetsOf(db, version);
        if (afterName is not null)
        {
            names = names.Where(a => string.Compare(a.Name, afterName) > 0);
        }

        return await Lines(db, names.OrderBy(a => a.Name).Take(take)).ToListAsync(cancellation);
    }

    public async Task<AssetLine?> FindAssetAsync(PackageVersion version, string name, CancellationToken cancellation)
    {
        if (!CanHold(name))
        {
            return null;
        }

        await using var db = database.Open();
        return await Lines(db, AssetsOf(db, version).Where(a => a.Name == name)).SingleOrDefaultAsync(cancellation);
    }

    /// <summary>The readme as it was stored, or null.</summary>
    public async Task<string?> ReadmeAsync(PackageVersion version, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await db.VersionReadmes
            .Where(r => r.DomainId == version.DomainId && r.VersionId == version.Id)
            .Select(r => r.Text)
            .SingleOrDefaultAsync(cancellation);
    }

    /// <summary>
    /// Row values, because a range of the index begins where they say; EF Core has no word for them. A format that is given stays out of them:
    /// if it stood in both places, SQLite would begin each page with the first package of the format.
    /// </summary>
    private static IQueryable<Package> After(GranaryContext db, RepositorySnapshot repository, PackageFilter filter, PackageKey? after)
    {
        if (after is null)
        {
            return db.Packages.Where(p => p.DomainId == repository.DomainId && p.RepositoryId == repository.Id);
        }

        return filter.Format is null
            ? db.Packages.FromSql(
                $"""
                SELECT * FROM packages
                WHERE domain_id = {repository.DomainId} AND repository_id = {repository.Id}
                    AND (format, namespace, name) > ({after.Format}, {after.Namespace}, {after.Name})
                """)
            : db.Packages.FromSql(
                $"""
                SELECT * FROM packages
                WHERE domain_id = {repository.DomainId} AND repository_id = {repository.Id}
                    AND format = {after.Format} AND (namespace, name) > ({after.Namespace}, {after.Name})
                """);
    }

    private static IQueryable<PackageVersion> After(GranaryContext db, Package package, VersionPageKey? after, bool newestFirst)
    {
        if (after is null)
        {
            return db.PackageVersions.Where(v => v.DomainId == package.DomainId && v.PackageId == package.Id);
        }

        var at = after.PublishedAt.ToUnixTimeMilliseconds();
        return newestFirst
            ? db.PackageVersions.FromSql(
                $"SELECT * FROM package_versions WHERE domain_id = {package.DomainId} AND package_id = {package.Id} AND (published_at, version) < ({at}, {after.Version})")
            : db.PackageVersions.FromSql(
                $"SELECT * FROM package_versions WHERE domain_id = {package.DomainId} AND package_id = {package.Id} AND (published_at, version) > ({at}, {after.Version})");
    }

    private static IQueryable<VersionAsset> AssetsOf(GranaryContext db, PackageVersion version) =>
        db.VersionAssets.Where(a => a.DomainId == version.DomainId && a.VersionId == version.Id);

    private static IQueryable<AssetLine> Lines(GranaryContext db, IQueryable<VersionAsset> names) =>
        from name in names
        join asset in db.Assets on new { name.DomainId, name.Sha256 } equals new { asset.DomainId, asset.Sha256 }
        orderby name.Name
        select new AssetLine(name.Name, asset.Size, asset.Md5, asset.Sha1, asset.Sha256, asset.Sha512);

    private static bool CanHold(params ReadOnlySpan<string?> texts)
    {
        foreach (var text in texts)
        {
            if (text is not null && !StoredText.CanHold(text))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Which packages to list; null does not narrow.</summary>
public sealed record PackageFilter(string? Format, string? NamespacePrefix, string? NamePrefix, bool? AllowPublish, bool? AllowUpstream)
{
    internal IQueryable<Package> Apply(IQueryable<Package> packages)
    {
        if (Format is { } format)
        {
            packages = packages.Where(p => p.Format == format);
        }

        // Ranges and not patterns: nothing in a prefix has a meaning of its own, and an index can be used.
        if (NamespacePrefix is { Length: > 0 } spaces)
        {
            packages = packages.Where(p => string.Compare(p.Namespace, spaces) >= 0);
            packages = StoredText.PastPrefix(spaces) is { } end ? packages.Where(p => string.Compare(p.Namespace, end) < 0) : packages;
        }

        if (NamePrefix is { Length: > 0 } names)
        {
            packages = packages.Where(p => string.Compare(p.Name, names) >= 0);
            packages = StoredText.PastPrefix(names) is { } end ? packages.Where(p => string.Compare(p.Name, end) < 0) : packages;
        }

        if (AllowPublish is { } publish)
        {
            packages = packages.Where(p => p.AllowPublish == publish);
        }

        return AllowUpstream is { } upstream ? packages.Where(p => p.AllowUpstream == upstream) : packages;
    }
}

/// <summary>The last key of a page of packages.</summary>
public sealed record PackageKey(string Format, string Namespace, string Name);

/// <summary>A version as a list shows it: without manifest and assets.</summary>
/// <param name="Size">Bytes of its assets together; 0 where it was disposed.</param>
public sealed record PackageVersionLine(
    long Id, string Version, string Revision, PackageVersionStatus Status, string? OriginRepository, string? OriginConnection, DateTimeOffset PublishedAt, long Size);

/// <summary>The last key of a page of versions.</summary>
public sealed record VersionPageKey(DateTimeOffset PublishedAt, string Version);

/// <summary>An asset of a version: its size in bytes and its digests.</summary>
public sealed record AssetLine(string Name, long Size, byte[] Md5, byte[] Sha1, byte[] Sha256, byte[] Sha512);
