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
public sealed class Ingestion(ChangeLog log, Quotas quotas)
{
    // Nobody's request makes these changes alone: many may have waited for the same bytes.
    private const string Actor = "granary:ingestion";

    /// <summary>Adds a version from a public source; nothing happens where it is already, or where origin controls have come to block it.</summary>
    public Task IngestAsync(
        DomainSnapshot domain, RepositorySnapshot repository, FetchKey key, SourceVersion version, Digests digests, string? readme, CancellationToken cancellation) =>
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
                if (await PackageWriter.FindVersionAsync(transaction, package, version.Version) is null)
                {
                    var added = new NewVersion(version.Version, version.Manifest, version.Summary, readme, [new NewAsset(key.Asset, digests)]);
                    var origin = new VersionOrigin(null, key.Connection);
                    var isListed = await IsNewToListingsAsync(transaction, now, key.Package);
                    await PackageWriter.AddVersionAsync(transaction, repository, package, added, origin, version.PublishedAt ?? transaction.Now, isListed);
                    if (version.IsLatest)
                    {
                        await PackageWriter.SetTagAsync(transaction, package, PackageQueries.DefaultTag, version.Version);
                    }
                }

                return true;
            },
            cancellation);

    /// <summary>Retains a version that was found in another repository: a reference to the same bytes.</summary>
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
                if (await PackageWriter.FindVersionAsync(transaction, package, version) is null)
                {
                    await CopyAsync(transaction, repository, package, original, await IsNewToListingsAsync(transaction, now, coordinate));
                    if (await IsLatestAsync(transaction.Db, original))
                    {
                        await PackageWriter.SetTagAsync(transaction, package, PackageQueries.DefaultTag, version);
                    }
                }

                return true;
            },
            cancellation);

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
