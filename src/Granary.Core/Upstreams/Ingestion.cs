using Granary.Core.Assets;
using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Groups;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Upstreams;

/// <summary>
/// Writes what a search brought: a version from a public source into the repository that has the connection, a version
/// from an upstream into the repository that was asked. Repositories in between keep nothing.
/// </summary>
public sealed class Ingestion(ChangeLog log, SourceReaders readers, Quotas quotas)
{
    // Nobody's request makes these changes alone: many may have waited for the same bytes.
    private const string Actor = "granary:ingestion";

    /// <summary>
    /// Adds an asset from a public source, and its version where it is the first; nothing happens where it is already, or where origin controls have come to block it.
    /// </summary>
    public Task IngestAsync(
        DomainSnapshot domain, RepositorySnapshot repository, FetchKey key, SourceVersion version, Digests digests, GatheredAsset gathered, CancellationToken cancellation) =>
        log.WriteAsync(
            domain.Id,
            Actor,
            async transaction =>
            {
                var now = await DomainDirectory.CurrentAsync(transaction, domain);
                var rules = now.Groups.RulesOf(key.Package);
                var package = await PackageWriter.FindAsync(transaction, repository, key.Package);
                if (package is { AllowUpstream: false } || !rules.Allows(OriginRestriction.ExternalUpstream, repository.Id))
                {
                    return false;
                }

                package ??= PackageWriter.AddKept(transaction, repository, key.Package);
                var isListed = await IsNewToListingsAsync(transaction, now, key.Package);
                if (await PackageWriter.FindVersionAsync(transaction, package, version.Version) is { } kept)
                {
                    if (CanGain(kept, new VersionOrigin(null, key.Connection)))
                    {
                        await AssetStore.AddAsync(transaction, digests);
                        await GainAsync(transaction, repository, package, kept, [(key.Asset, digests.Sha256, digests.Size)], gathered.Merge, isListed);
                    }

                    return true;
                }

                var added = new NewVersion(version.Version, gathered.Merge([]), gathered.Summary, gathered.Readme, [new NewAsset(key.Asset, digests)]);
                var origin = new VersionOrigin(null, key.Connection);
                await PackageWriter.AddVersionAsync(transaction, repository, package, added, origin, version.PublishedAt ?? transaction.Now, isListed);
                if (version.IsLatest)
                {
                    await PackageWriter.SetTagAsync(transaction, package, PackageQueries.DefaultTag, version.Version);
                }

                return true;
            },
            cancellation);

    /// <summary>Retains a version that was found in another repository, or the assets that it has more there: references to the same bytes.</summary>
    public Task RetainAsync(
        DomainSnapshot domain, RepositorySnapshot repository, PackageCoordinate coordinate, string version, RepositorySnapshot from, CancellationToken cancellation) =>
        log.WriteAsync(
            domain.Id,
            Actor,
            async transaction =>
            {
                var original = await FindAsync(transaction, from, coordinate, version);
                var package = await PackageWriter.FindAsync(transaction, repository, coordinate);
                // What was found a moment ago may have been deleted, archived or blocked since.
                var now = await DomainDirectory.CurrentAsync(transaction, domain);
                var rules = now.Groups.RulesOf(coordinate);
                if (original is not { IsReadable: true } || package is { AllowUpstream: false } || !rules.Allows(OriginRestriction.InternalUpstream, repository.Id))
                {
                    return false;
                }

                package ??= PackageWriter.AddKept(transaction, repository, coordinate);
                var isListed = await IsNewToListingsAsync(transaction, now, coordinate);
                if (await PackageWriter.FindVersionAsync(transaction, package, version) is { } kept)
                {
                    if (readers.Find(coordinate.Format) is { Gathers: true } reader && CanGain(kept, original.Origin))
                    {
                        var assets = (await PackageWriter.AssetsAsync(transaction.Db, original)).Select(a => (a.Name, a.Sha256, a.Size));
                        await GainAsync(transaction, repository, package, kept, [.. assets], manifest => reader.Merge(manifest, original.Manifest), isListed);
                    }

                    return true;
                }

                await CopyAsync(transaction, repository, package, original, isListed);
                if (await IsLatestAsync(transaction.Db, original))
                {
                    await PackageWriter.SetTagAsync(transaction, package, PackageQueries.DefaultTag, version);
                }

                return true;
            },
            cancellation);

    private static bool CanGain(PackageVersion kept, VersionOrigin origin) => kept.IsReadable && kept.Origin == origin;

    private async Task GainAsync(
        ChangeTransaction transaction,
        RepositorySnapshot repository,
        Package package,
        PackageVersion kept,
        IReadOnlyList<(string Name, byte[] Sha256, long Size)> offered,
        Func<byte[], byte[]> merge,
        bool isListed)
    {
        var held = await PackageWriter.AssetsAsync(transaction.Db, kept);
        var gained = offered.Where(asset => !held.Exists(h => h.Name == asset.Name)).ToList();
        if (gained.Count == 0)
        {
            return;
        }

        if (held.Count + gained.Count > quotas.AssetsPerVersion)
        {
            throw Refusal.QuotaExceeded(
                ResourceType.PackageVersion,
                kept.Version,
                $"{kept.Version} of {package.Name} has {held.Count} assets in {repository.Name}, and a version has at most {quotas.AssetsPerVersion}. The operator of this server can raise {Quotas.Key(nameof(Quotas.AssetsPerVersion))}.");
        }

        foreach (var (name, sha256, size) in gained)
        {
            PackageWriter.AddAsset(transaction, kept, name, sha256, size);
        }

        kept.Manifest = merge(kept.Manifest);
        kept.Revision = VersionRevision.Of(kept.Manifest, held.Select(h => (h.Name, h.Sha256)).Concat(gained.Select(g => (g.Name, g.Sha256))));
        transaction.Record(repository, package, ChangeKind.VersionUpdated, kept, new VersionChange(AssetsAdded: gained.Count, MetadataUpdated: true), isListed);
    }

    // Whoever searches the repository that keeps a version searches also where it comes from, and has listed it from there. But not
    // where a search ends at its 25th repository, nor where a block leaves repositories out of some searches that others go on to.
    private async Task<bool> IsNewToListingsAsync(ChangeTransaction transaction, DomainSnapshot now, PackageCoordinate package) =>
        now.HasCutSearches(quotas.RepositoriesPerSearch) || await transaction.Db.Packages.AnyAsync(p =>
            p.DomainId == now.Id && p.Format == package.Format && p.Namespace == package.Namespace && p.Name == package.Name && !p.AllowUpstream);

    private static async Task<PackageVersion?> FindAsync(ChangeTransaction transaction, RepositorySnapshot from, PackageCoordinate coordinate, string version) =>
        await PackageWriter.FindAsync(transaction, from, coordinate) is { } package
            ? await PackageWriter.FindVersionAsync(transaction, package, version)
            : null;

    private static async Task CopyAsync(
        ChangeTransaction transaction, RepositorySnapshot repository, Package package, PackageVersion original, bool isListed)
    {
        var (copy, assets) = await PackageWriter.CopyVersionAsync(transaction, package, original);
        var change = new VersionChange(AssetsAdded: assets, MetadataUpdated: true, StatusChanged: true);
        transaction.Record(repository, package, ChangeKind.VersionCreated, copy, change, isListed);
    }

    // The one tag that is kept with a version: the control plane names a default by it. Clients are told the upstream's own tags.
    private static Task<bool> IsLatestAsync(GranaryContext db, PackageVersion version) => db.PackageTags.AnyAsync(
        t => t.DomainId == version.DomainId && t.PackageId == version.PackageId && t.Name == PackageQueries.DefaultTag && t.Version == version.Version);
}
