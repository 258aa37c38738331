using Granary.Core;
using Granary.Core.Events;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Granary.Formats.Maven;

/// <summary>
/// The end of a publish. A version is Unfinished, and seen by nobody, until its publisher says that all of it is there and every checksum
/// that was sent was right: by the listing that names it, or by Ivy's descriptor. See decision 12.
/// </summary>
internal sealed class MavenCompletion(ChangeLog log)
{
    /// <summary>Publishes those of the versions that are Unfinished.</summary>
    /// <exception cref="Refusal">NotFound: the repository has no such package. Validation: a checksum of one of them was wrong; then none is published.</exception>
    public Task ReleaseAsync(RepositoryRequest request, IReadOnlyCollection<string> versions, CancellationToken cancellation) =>
        log.WriteAsync(
            request.Domain.Id,
            request.Actor,
            async transaction =>
            {
                var package = await DemandAsync(transaction, request);
                var open = await transaction.Db.PackageVersions
                    .Where(v => v.DomainId == package.DomainId && v.PackageId == package.Id && v.Status == PackageVersionStatus.Unfinished)
                    .ToListAsync(CancellationToken.None);
                foreach (var version in open.Where(v => versions.Contains(v.Version)))
                {
                    Complete(transaction, request.Repository, package, version, PackageVersionStatus.Published);
                }

                return true;
            },
            cancellation);

    /// <summary>Makes a build Unlisted, and the snapshot one that is Published and has the files of the newest build.</summary>
    /// <param name="build">The build that the listing names; null where it names none.</param>
    /// <exception cref="Refusal">NotFound: there is no such build. Validation: none is named, or a checksum was wrong. Conflict: the build or the snapshot was archived.</exception>
    public Task SnapshotAsync(RepositoryRequest request, string folder, MavenSnapshot? build, CancellationToken cancellation)
    {
        var named = build ?? throw Refusal.Validation($"The listing of {folder} names no build: its snapshot needs a timestamp and a buildNumber.");
        return log.WriteAsync(
            request.Domain.Id,
            request.Actor,
            async transaction =>
            {
                var package = await DemandAsync(transaction, request);
                var version = await PackageWriter.FindVersionAsync(transaction, package, named.Version)
                    ?? throw Refusal.NotFound(ResourceType.PackageVersion, named.Version, $"No file of the build {named.Version} was uploaded. Upload its files before the listing.");
                if (version.Status is PackageVersionStatus.Unfinished)
                {
                    Complete(transaction, request.Repository, package, version, PackageVersionStatus.Unlisted);
                    await transaction.Db.SaveChangesAsync(CancellationToken.None);
                }

                await ReferAsync(transaction, request.Repository, package, folder);
                return true;
            },
            cancellation);
    }

    /// <summary>Remembers of an Unfinished version whether a checksum was right the last time that it was sent.</summary>
    public async Task RememberAsync(RepositoryRequest request, string version, string checksum, bool isRight, CancellationToken cancellation) =>
        await log.WriteAsync(
            request.Domain.Id,
            request.Actor,
            async transaction =>
            {
                var package = await DemandAsync(transaction, request);
                if (await PackageWriter.FindVersionAsync(transaction, package, version) is not { Status: PackageVersionStatus.Unfinished } open)
                {
                    return false;
                }

                var manifest = MavenManifest.Read(open.Manifest);
                var others = (manifest.Mismatched ?? []).Where(m => m != checksum);
                List<string> wrong = [.. isRight ? others : others.Append(checksum)];
                open.Manifest = (manifest with { Mismatched = wrong.Count == 0 ? null : wrong }).Write();
                return true;
            },
            cancellation);

    /// <summary>Takes a file out of an Unfinished version, because its checksum was wrong and it comes again.</summary>
    public Task ForgetAsync(RepositoryRequest request, string version, string file, CancellationToken cancellation) =>
        log.WriteAsync(
            request.Domain.Id,
            request.Actor,
            async transaction =>
            {
                var package = await DemandAsync(transaction, request);
                if (await PackageWriter.FindVersionAsync(transaction, package, version) is not { Status: PackageVersionStatus.Unfinished } open
                    || MavenManifest.Read(open.Manifest) is var manifest && !manifest.IsMismatched(file))
                {
                    return false;
                }

                var removed = await transaction.Db.VersionAssets
                    .Where(a => a.DomainId == open.DomainId && a.VersionId == open.Id && a.Name == file).ExecuteDeleteAsync(CancellationToken.None);
                open.Manifest = manifest.Without(file).Write();
                transaction.Record(request.Repository, package, ChangeKind.VersionUpdated, open, new VersionChange(AssetsRemoved: removed));
                return true;
            },
            cancellation);

    private static async Task<Package> DemandAsync(ChangeTransaction transaction, RepositoryRequest request) =>
        await PackageWriter.FindAsync(transaction, request.Repository, request.RequiredPackage)
        ?? throw Refusal.NotFound(
            ResourceType.Package, request.RequiredPackage.Name, $"No file of {MavenFormat.Spell(request.RequiredPackage)} was uploaded to repository {request.Repository.Name}. Upload the files of a version before the listing that names it.");

    private static void Complete(ChangeTransaction transaction, RepositorySnapshot repository, Package package, PackageVersion version, PackageVersionStatus status)
    {
        if (MavenManifest.Read(version.Manifest).Mismatched is { } wrong)
        {
            throw Refusal.Validation(
                $"Version {version.Version} of {MavenFormat.Spell(package.Coordinate)} stays Unfinished: {string.Join(", ", wrong)} is not the checksum of the file that is here. Upload the files and their checksums again.");
        }

        version.Status = status;
        transaction.Record(repository, package, ChangeKind.VersionUpdated, version, new VersionChange(StatusChanged: true));
    }

    /// <summary>Gives the snapshot the files of its newest build.</summary>
    private static async Task ReferAsync(ChangeTransaction transaction, RepositorySnapshot repository, Package package, string folder)
    {
        var db = transaction.Db;
        var before = await PackageWriter.FindVersionAsync(transaction, package, folder);
        var builds = await MavenSnapshots.BuildsAsync(db, package, folder);
        if (before is { IsReadable: false } || builds.Count == 0)
        {
            var (what, status) = before is { IsReadable: false } ? (folder, before.Status) : ("The build", PackageVersionStatus.Archived);
            throw Refusal.Conflict(ResourceType.PackageVersion, folder, $"{what} of {MavenFormat.Spell(package.Coordinate)} is {status}. Publish another version, or delete this one first.");
        }

        var newest = builds[^1].Version;
        var removed = before is null ? 0 : await PackageWriter.RemoveVersionAsync(transaction, before);
        var snapshot = new PackageVersion
        {
            DomainId = transaction.DomainId,
            Id = transaction.NextId(),
            PackageId = package.Id,
            Version = folder,
            Status = before?.Status ?? PackageVersionStatus.Published,
            Revision = newest.Revision,
            OriginRepository = newest.OriginRepository,
            OriginConnection = newest.OriginConnection,
            PublishedAt = transaction.Now,
            Summary = newest.Summary,
            Manifest = newest.Manifest,
        };
        db.PackageVersions.Add(snapshot);
        var files = await PackageWriter.AssetsAsync(db, newest);
        files.ForEach(a => PackageWriter.AddAsset(transaction, snapshot, a.Name, a.Sha256, a.Size));
        var kind = before is null ? ChangeKind.VersionCreated : ChangeKind.VersionUpdated;
        transaction.Record(repository, package, kind, snapshot, new VersionChange(files.Count, removed, MetadataUpdated: true, StatusChanged: before is null));
    }
}
