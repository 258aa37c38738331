using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Events;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Packages;

/// <summary>Everything of a version that is to appear at once.</summary>
public sealed record NewVersion(
    string Version,
    byte[] Manifest,
    string? Summary,
    string? Readme,
    IReadOnlyList<NewAsset> Assets)
{
    public PackageVersionStatus Status { get; init; } = PackageVersionStatus.Published;
}

/// <summary>Stored bytes under the name that the version gives them.</summary>
public sealed record NewAsset(string Name, Digests Digests);

/// <summary>Where a version first entered the domain: one of the two is set.</summary>
public sealed record VersionOrigin(string? Repository, string? Connection);

/// <summary>Rows of packages and versions, written inside a transaction that holds the domain.</summary>
public static class PackageWriter
{
    private static readonly CompiledQuery<Func<GranaryContext, long, long, string, string, string, Task<Package?>>> OnePackage = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, long domainId, long repositoryId, string format, string @namespace, string name) => db.Packages
            .SingleOrDefault(p => p.DomainId == domainId && p.RepositoryId == repositoryId && p.Format == format && p.Namespace == @namespace && p.Name == name)));

    private static readonly CompiledQuery<Func<GranaryContext, long, long, Task<bool>>> RepositoryExists = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, long domainId, long repositoryId) => db.Repositories.Any(r => r.DomainId == domainId && r.Id == repositoryId)));

    private static readonly CompiledQuery<Func<GranaryContext, long, long, string, Task<PackageVersion?>>> OneVersion = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, long domainId, long packageId, string version) => db.PackageVersions
            .SingleOrDefault(v => v.DomainId == domainId && v.PackageId == packageId && v.Version == version)));

    /// <summary>The repository's record of the package, or null: then one may be added.</summary>
    /// <exception cref="Refusal">The repository was deleted since the snapshot was taken.</exception>
    public static async Task<Package?> FindAsync(ChangeTransaction transaction, RepositorySnapshot repository, PackageCoordinate package)
    {
        var found = await OnePackage.On(transaction.Db)(transaction.Db, transaction.DomainId, repository.Id, package.Format, package.Namespace, package.Name);
        if (found is null && !await RepositoryExists.On(transaction.Db)(transaction.Db, transaction.DomainId, repository.Id))
        {
            throw PackageRefusals.RepositoryDeleted(repository);
        }

        return found;
    }

    /// <summary>A record that this transaction has read already, to be changed in it.</summary>
    public static Package Hold(ChangeTransaction transaction, Package known)
    {
        transaction.Db.Packages.Attach(known);
        return known;
    }

    public static Task<PackageVersion?> FindVersionAsync(ChangeTransaction transaction, Package package, string version) =>
        OneVersion.On(transaction.Db)(transaction.Db, transaction.DomainId, package.Id, version);

    /// <summary>The record of a package whose first version came from elsewhere: nobody publishes to it directly, and listings do not change by it.</summary>
    public static Package AddKept(ChangeTransaction transaction, RepositorySnapshot repository, PackageCoordinate coordinate)
    {
        var package = Add(transaction, repository, coordinate, allowPublish: false, allowUpstream: true);
        package.Stamp = 0;
        return package;
    }

    /// <summary>A package record with the origin controls that its first version gives it.</summary>
    public static Package Add(ChangeTransaction transaction, RepositorySnapshot repository, PackageCoordinate coordinate, bool allowPublish, bool allowUpstream)
    {
        var id = transaction.NextId();
        var package = new Package
        {
            DomainId = transaction.DomainId,
            Id = id,
            RepositoryId = repository.Id,
            Format = coordinate.Format,
            Namespace = coordinate.Namespace,
            Name = coordinate.Name,
            AllowPublish = allowPublish,
            AllowUpstream = allowUpstream,
            Stamp = id,
        };
        transaction.Db.Packages.Add(package);
        return package;
    }

    /// <summary>A version, its assets and its readme, and the change that says so.</summary>
    /// <param name="isListed">False where clients see the version already, from where it is kept now.</param>
    public static async Task<PackageVersion> AddVersionAsync(
        ChangeTransaction transaction, RepositorySnapshot repository, Package package, NewVersion added, VersionOrigin origin, DateTimeOffset publishedAt, bool isListed = true)
    {
        var version = new PackageVersion
        {
            DomainId = transaction.DomainId,
            Id = transaction.NextId(),
            PackageId = package.Id,
            Version = added.Version,
            Status = added.Status,
            Revision = VersionRevision.Of(added.Manifest, added.Assets.Select(a => (a.Name, a.Digests.Sha256))),
            OriginRepository = origin.Repository,
            OriginConnection = origin.Connection,
            PublishedAt = publishedAt,
            Summary = StoredText.Holdable(added.Summary),
            Manifest = added.Manifest,
        };
        transaction.Db.PackageVersions.Add(version);
        if (added.Readme is not null)
        {
            transaction.Db.VersionReadmes.Add(new VersionReadme { DomainId = transaction.DomainId, VersionId = version.Id, Text = StoredText.Holdable(added.Readme)! });
        }

        foreach (var asset in added.Assets)
        {
            await AddAssetAsync(transaction, version, asset);
        }

        var change = new VersionChange(AssetsAdded: added.Assets.Count, MetadataUpdated: true, StatusChanged: true);
        transaction.Record(repository, package, ChangeKind.VersionCreated, version, change, isListed);
        return version;
    }

    /// <summary>Gives a version stored bytes under a name. The caller records the change.</summary>
    public static async Task AddAssetAsync(ChangeTransaction transaction, PackageVersion version, NewAsset asset)
    {
        await AssetStore.AddAsync(transaction, asset.Digests);
        AddAsset(transaction, version, asset.Name, asset.Digests.Sha256, asset.Digests.Size);
    }

    /// <summary>Gives a version bytes that the domain has, under a name. The caller records the change.</summary>
    public static void AddAsset(ChangeTransaction transaction, PackageVersion version, string name, byte[] sha256, long size) =>
        transaction.Db.VersionAssets.Add(new VersionAsset { DomainId = transaction.DomainId, VersionId = version.Id, Name = name, Sha256 = sha256, Size = size });

    /// <summary>The assets of a version of this domain, not to be changed.</summary>
    public static Task<List<VersionAsset>> AssetsAsync(GranaryContext db, PackageVersion version) =>
        db.VersionAssets.AsNoTracking().Where(a => a.DomainId == version.DomainId && a.VersionId == version.Id).ToListAsync();

    /// <summary>Gives a repository a version that another one has: records that name the same bytes. The caller records the change.</summary>
    /// <returns>The new version, and how many assets it has.</returns>
    public static async Task<(PackageVersion Version, int Assets)> CopyVersionAsync(ChangeTransaction transaction, Package package, PackageVersion original)
    {
        var db = transaction.Db;
        var copy = new PackageVersion
        {
            DomainId = transaction.DomainId,
            Id = transaction.NextId(),
            PackageId = package.Id,
            Version = original.Version,
            Status = original.Status,
            Revision = original.Revision,
            OriginRepository = original.OriginRepository,
            OriginConnection = original.OriginConnection,
            PublishedAt = original.PublishedAt,
            Summary = original.Summary,
            Manifest = original.Manifest,
        };
        db.PackageVersions.Add(copy);
        var assets = await AssetsAsync(db, original);
        assets.ForEach(a => AddAsset(transaction, copy, a.Name, a.Sha256, a.Size));
        var readme = await db.VersionReadmes.AsNoTracking()
            .SingleOrDefaultAsync(r => r.DomainId == original.DomainId && r.VersionId == original.Id);
        if (readme is not null)
        {
            db.VersionReadmes.Add(new VersionReadme { DomainId = transaction.DomainId, VersionId = copy.Id, Text = readme.Text });
        }

        return (copy, assets.Count);
    }

    /// <summary>Removes a version at once, so that another may be added under its number; tags stay. The caller records the change.</summary>
    /// <returns>How many assets it had.</returns>
    public static async Task<int> RemoveVersionAsync(ChangeTransaction transaction, PackageVersion version)
    {
        var db = transaction.Db;
        await db.VersionReadmes.Where(r => r.DomainId == version.DomainId && r.VersionId == version.Id).ExecuteDeleteAsync();
        await db.PackageVersions.Where(v => v.DomainId == version.DomainId && v.Id == version.Id).ExecuteDeleteAsync();
        return await db.VersionAssets.Where(a => a.DomainId == version.DomainId && a.VersionId == version.Id).ExecuteDeleteAsync();
    }

    /// <summary>Points a tag to a version. The caller records the change.</summary>
    public static async Task SetTagAsync(ChangeTransaction transaction, Package package, string name, string version)
    {
        // The tag of a package that is new in this transaction is new too.
        var isNew = transaction.Db.Entry(package).State is EntityState.Added;
        var tag = isNew ? null : await transaction.Db.PackageTags.SingleOrDefaultAsync(
            t => t.DomainId == transaction.DomainId && t.PackageId == package.Id && t.Name == name);
        if (tag is null)
        {
            transaction.Db.PackageTags.Add(new PackageTag { DomainId = transaction.DomainId, PackageId = package.Id, Name = name, Version = version });
        }
        else
        {
            tag.Version = version;
        }
    }
}
