using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Repositories;
using Granary.Core.Upstreams;

namespace Granary.Core.Packages;

/// <summary>One asset of a version that is published asset by asset.</summary>
/// <param name="Unfinished">More assets are to come: the version is not Published by this one.</param>
public sealed record AssetPublication(PackageCoordinate Package, string Version, string Asset, bool Unfinished)
{
    /// <summary>
    /// What is said of the asset, in formats whose versions gather assets for as long as they are Published or Unlisted. Null: a
    /// version is closed by its last asset, and nothing is said of any.
    /// </summary>
    public GatheredAsset? Gathered { get; init; }
}

/// <summary>
/// Publishes versions asset by asset: the first one makes the version, further ones may come while it is Unfinished, and the one
/// that is sent as the last makes it Published, and closes it unless the format's versions gather assets. What is there already
/// with the same bytes may be sent again.
/// </summary>
public sealed class AssetPublishing(GranaryDatabase database, ChangeLog log, PackageSearch search, Publishing publishing, Quotas quotas)
{
    /// <summary>Before the bytes are read, what the transaction would refuse.</summary>
    /// <param name="sha256">The digest that the bytes are promised to have.</param>
    /// <exception cref="Refusal">
    /// AccessDenied by origin control. Conflict or QuotaExceeded: the version takes no such asset. In formats whose versions gather
    /// assets also Conflict: the version can be reached upstream, and SourceFailed: a source that might have it cannot be asked.
    /// </exception>
    public async Task DemandOpenAsync(
        DomainSnapshot domain, RepositorySnapshot repository, AssetPublication publication, byte[] sha256, CancellationToken cancellation)
    {
        await using (var db = database.Open())
        {
            var path = await search.PathAsync(db, domain, repository, publication.Package, cancellation);
            Publishing.DemandAllowed(path, publication.Package);
            if (await PackageSearch.FindVersionAsync(db, domain, [path.Steps[0]], publication.Version) is { Version: var version })
            {
                var held = await PackageWriter.AssetsAsync(db, version);
                try
                {
                    Demand(publication, version, held, sha256);
                }
                catch (Refusal)
                {
                    // Two reads are no moment: where the version was deleted or replaced between them, the transaction decides.
                    if (await PackageSearch.FindVersionAsync(db, domain, [path.Steps[0]], publication.Version) is { Version: var still }
                        && (still.Id, still.Revision) == (version.Id, version.Revision))
                    {
                        throw;
                    }
                }

                return;
            }
        }

        if (publication.Gathered is not null)
        {
            await publishing.DemandAbsentAsync(domain, repository, publication.Package, publication.Version, cancellation);
        }
    }

    /// <summary>Publishes an asset whose bytes are stored.</summary>
    /// <exception cref="Refusal">As <see cref="DemandOpenAsync"/>, decided by the state of this moment.</exception>
    public Task<PackageVersion> PublishAsync(
        DomainSnapshot domain, RepositorySnapshot repository, AssetPublication publication, Assets.Digests digests, Actor actor, CancellationToken cancellation) =>
        log.WriteAsync(
            domain.Id,
            actor,
            async transaction =>
            {
                var now = await DomainDirectory.CurrentAsync(transaction, domain);
                var at = now.Repository(repository.Id) ?? throw PackageRefusals.RepositoryDeleted(repository);
                var path = await search.PathAsync(transaction.Db, now, at, publication.Package, CancellationToken.None);
                Publishing.DemandAllowed(path, publication.Package);
                var package = Publishing.Hold(transaction, path.Steps[0])
                    ?? PackageWriter.Add(transaction, repository, publication.Package, allowPublish: true, allowUpstream: false);
                var asset = new NewAsset(publication.Asset, digests);
                var version = path.Steps[0].Package is null ? null : await PackageWriter.FindVersionAsync(transaction, package, publication.Version);
                if (version is not null)
                {
                    await ContinueAsync(transaction, repository, package, version, publication, asset);
                    return version;
                }

                var gathered = publication.Gathered;
                if (gathered is not null)
                {
                    await Publishing.DemandAbsentAsync(transaction.Db, now, path, publication.Package, publication.Version);
                }

                var status = publication.Unfinished ? PackageVersionStatus.Unfinished : PackageVersionStatus.Published;
                var added = new NewVersion(publication.Version, gathered?.Merge([]) ?? [], gathered?.Summary, gathered?.Readme, [asset]) { Status = status };
                return await PackageWriter.AddVersionAsync(transaction, repository, package, added, new VersionOrigin(repository.Name, null), transaction.Now);
            },
            cancellation);

    private async Task ContinueAsync(
        ChangeTransaction transaction, RepositorySnapshot repository, Package package, PackageVersion version, AssetPublication publication, NewAsset asset)
    {
        var held = await PackageWriter.AssetsAsync(transaction.Db, version);
        Demand(publication, version, held, asset.Digests.Sha256);
        var isNew = !held.Exists(a => a.Name == asset.Name);
        var isLast = version.Status is PackageVersionStatus.Unfinished && !publication.Unfinished;
        if (isNew)
        {
            await PackageWriter.AddAssetAsync(transaction, version, asset);
            version.Manifest = publication.Gathered?.Merge(version.Manifest) ?? version.Manifest;
            version.Revision = VersionRevision.Of(version.Manifest, held.Select(a => (a.Name, a.Sha256)).Append((asset.Name, asset.Digests.Sha256)));
        }

        if (isLast)
        {
            version.Status = PackageVersionStatus.Published;
        }

        if (isNew || isLast)
        {
            transaction.Record(repository, package, ChangeKind.VersionUpdated, version, new VersionChange(AssetsAdded: isNew ? 1 : 0, MetadataUpdated: isNew && publication.Gathered is not null, StatusChanged: isLast));
        }
    }

    private void Demand(AssetPublication publication, PackageVersion version, List<VersionAsset> held, byte[] sha256)
    {
        var name = publication.Asset;
        var open = version.Status is PackageVersionStatus.Unfinished || publication.Gathered is not null;
        if (version.Status is PackageVersionStatus.Archived or PackageVersionStatus.Disposed)
        {
            throw Closed(publication, version, $"is {version.Status}");
        }

        var index = held.FindIndex(a => a.Name == name);
        if (index >= 0 && !held[index].Sha256.AsSpan().SequenceEqual(sha256))
        {
            throw Refusal.Conflict(
                ResourceType.Asset,
                name,
                $"Version {version.Version} of {publication.Package} has an asset '{name}' with other bytes already, and an asset never changes. Give it another name, or publish another version.");
        }

        if (index < 0 && !open)
        {
            throw Closed(publication, version, $"is {version.Status} and takes no new asset; only an Unfinished one does");
        }

        if (index < 0 && version.OriginConnection is { } connection)
        {
            // What a public source lists as one version must not become a mixture of its bytes and ours.
            throw Closed(publication, version, $"came from {connection} and takes no asset of another origin");
        }

        if (index < 0 && held.Count >= quotas.AssetsPerVersion)
        {
            throw Refusal.QuotaExceeded(
                ResourceType.PackageVersion, version.Version, $"Version {version.Version} of {publication.Package} has {held.Count} assets, which is the quota. Publish another version, or raise {Quotas.Key(nameof(Quotas.AssetsPerVersion))}.");
        }
    }

    private static Refusal Closed(AssetPublication publication, PackageVersion version, string why) => Refusal.Conflict(
        ResourceType.PackageVersion,
        version.Version,
        $"Version {version.Version} of {publication.Package} {why}. Publish another version, or delete this one first.");
}
