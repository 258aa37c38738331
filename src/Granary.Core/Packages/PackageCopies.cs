using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Events;
using Granary.Core.Repositories;
using Granary.Core.Upstreams;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Packages;

/// <summary>What one call copies.</summary>
/// <param name="Source">Another repository of the same domain than <paramref name="Destination"/>.</param>
/// <param name="Selection">With the revisions that the versions must have in the source, if the caller gives them.</param>
/// <param name="AllowOverwrite">Whether a version with other content in the destination is replaced.</param>
/// <param name="IncludeFromUpstream">Whether the upstreams of the source, and their public sources, are searched as well.</param>
public sealed record VersionCopy(
    RepositorySnapshot Source,
    RepositorySnapshot Destination,
    PackageCoordinate Package,
    VersionSelection Selection,
    bool AllowOverwrite,
    bool IncludeFromUpstream);

/// <summary>
/// Copies versions between repositories of a domain, for all versions of a call or for none. Only records are written, for the
/// bytes are the domain's. A copy is no publish: the publish controls of the destination do not stop it, which is CodeArtifact's
/// own way to bring a patched version under a public name.
/// </summary>
public sealed class PackageCopies(ChangeLog log, PackageSearch search, VersionArrivals arrivals)
{
    /// <summary>A version that the destination already has with the same content succeeds and is in neither result.</summary>
    /// <exception cref="Refusal">
    /// Validation: source and destination are one. NotFound: the source knows no such package, or a repository was deleted meanwhile.
    /// SourceFailed: a public source cannot be asked.
    /// </exception>
    public async Task<VersionResults> CopyAsync(DomainSnapshot domain, VersionCopy copy, Actor actor, CancellationToken cancellation)
    {
        if (copy.Source.Id == copy.Destination.Id)
        {
            throw Refusal.Validation("The source and the destination are the same repository. Name another destination.");
        }

        var names = copy.Selection.Distinct();
        if (copy.IncludeFromUpstream)
        {
            await arrivals.BringAsync(domain, copy.Source, copy.Package, names, cancellation);
        }

        return await log.WriteAsync(
            domain.Id,
            actor,
            async transaction =>
            {
                var now = await DomainDirectory.CurrentAsync(transaction, domain);
                var source = now.Repository(copy.Source.Id) ?? throw PackageRefusals.RepositoryDeleted(copy.Source);
                var destination = await PackageWriter.FindAsync(transaction, copy.Destination, copy.Package);
                var path = await PathAsync(transaction, now, source, copy);
                var found = await FindAsync(transaction, now, path.Steps, names);
                var there = await ThereAsync(transaction, destination, names);
                var failed = Judge(copy, names, found, there);
                return failed.Count > 0
                    ? Failed(names, failed)
                    : await ApplyAsync(transaction, copy, path, destination, [.. names.Select(n => found[n])], there);
            },
            cancellation);
    }

    private async Task<SearchPath> PathAsync(ChangeTransaction transaction, DomainSnapshot now, RepositorySnapshot source, VersionCopy copy)
    {
        var path = await search.PathAsync(transaction.Db, now, source, copy.Package, CancellationToken.None);
        path = copy.IncludeFromUpstream ? path : path with { Steps = [path.Steps[0]] };
        return path.Steps.Any(s => s.Package is not null) ? path : throw PackageRefusals.NotFound(copy.Source, copy.Package);
    }

    /// <summary>The versions where the source has them: the nearest one decides, as it does for clients.</summary>
    private static async Task<Dictionary<string, LocatedVersion>> FindAsync(
        ChangeTransaction transaction, DomainSnapshot now, IReadOnlyList<SearchStep> steps, IReadOnlyList<string> names)
    {
        var found = new Dictionary<string, LocatedVersion>(StringComparer.Ordinal);
        foreach (var name in names.Where(StoredText.CanHold))
        {
            if (await PackageSearch.FindVersionAsync(transaction.Db, now, steps, name) is { } located)
            {
                found.Add(name, located);
            }
        }

        return found;
    }

    private static Task<Dictionary<string, PackageVersion>> ThereAsync(ChangeTransaction transaction, Package? destination, IReadOnlyList<string> names)
    {
        if (destination is null)
        {
            return Task.FromResult<Dictionary<string, PackageVersion>>([]);
        }

        var possible = names.Where(StoredText.CanHold).ToList();
        return transaction.Db.PackageVersions.AsNoTracking()
            .Where(v => v.DomainId == transaction.DomainId && v.PackageId == destination.Id && possible.Contains(v.Version))
            .ToDictionaryAsync(v => v.Version, StringComparer.Ordinal);
    }

    private static Dictionary<string, VersionFailure> Judge(
        VersionCopy copy, IReadOnlyList<string> names, Dictionary<string, LocatedVersion> found, Dictionary<string, PackageVersion> there)
    {
        var failed = new Dictionary<string, VersionFailure>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var original = found.GetValueOrDefault(name)?.Version;
            if ((copy.Selection.Judge(name, original, PackageVersionStatus.Published) ?? Judge(copy, original!, there.GetValueOrDefault(name))) is { } failure)
            {
                failed.Add(name, failure);
            }
        }

        return failed;
    }

    private static VersionFailure? Judge(VersionCopy copy, PackageVersion original, PackageVersion? there) => (original.Status, there) switch
    {
        (PackageVersionStatus.Unfinished, _) => new("NOT_ALLOWED", $"version {original.Version} is Unfinished: it can be copied when it is published"),
        (_, null) => null,
        (_, { Status: PackageVersionStatus.Disposed }) => new("NOT_ALLOWED", $"version {original.Version} is Disposed in {copy.Destination.Name}: delete it there first"),
        _ => copy.AllowOverwrite || there.Revision == original.Revision ? null : new("ALREADY_EXISTS", $"Version {original.Version} already exists"),
    };

    private static VersionResults Failed(IReadOnlyList<string> names, Dictionary<string, VersionFailure> failed) => new(
        new Dictionary<string, VersionOutcome>(),
        names.ToDictionary(n => n, n => failed.GetValueOrDefault(n) ?? new VersionFailure("SKIPPED", $"Version {n} was skipped"), StringComparer.Ordinal));

    private static async Task<VersionResults> ApplyAsync(
        ChangeTransaction transaction,
        VersionCopy copy,
        SearchPath path,
        Package? destination,
        IReadOnlyList<LocatedVersion> found,
        Dictionary<string, PackageVersion> there)
    {
        var changed = found.Where(f => there.GetValueOrDefault(f.Version.Version)?.Revision != f.Version.Revision).ToList();
        if (changed.Count > 0)
        {
            // A name is somebody's own as soon as one version of it was published here: then no public version is to come under it.
            var isOwn = changed.Exists(f => f.Version.OriginConnection is null);
            destination ??= PackageWriter.Add(transaction, copy.Destination, copy.Package, allowPublish: isOwn, allowUpstream: !isOwn);
            await CopyTagsAsync(transaction, path, destination, changed);
        }

        var successful = new Dictionary<string, VersionOutcome>(StringComparer.Ordinal);
        foreach (var original in changed.Select(c => c.Version))
        {
            var replaced = there.GetValueOrDefault(original.Version);
            var removed = replaced is null ? 0 : await PackageWriter.RemoveVersionAsync(transaction, replaced);
            var (version, assets) = await PackageWriter.CopyVersionAsync(transaction, destination!, original);
            transaction.Record(
                copy.Destination,
                destination!,
                replaced is null ? ChangeKind.VersionCreated : ChangeKind.VersionUpdated,
                version,
                new VersionChange(AssetsAdded: assets, AssetsRemoved: removed, MetadataUpdated: true, StatusChanged: replaced?.Status != version.Status));
            successful.Add(version.Version, new VersionOutcome(version.Revision, version.Status));
        }

        return new VersionResults(successful, new Dictionary<string, VersionFailure>());
    }

    /// <summary>Tags that point to a copied version go with it. Of two that an upstream and the source give one name, the upstream's counts, as for clients.</summary>
    private static async Task CopyTagsAsync(ChangeTransaction transaction, SearchPath path, Package destination, IReadOnlyList<LocatedVersion> copied)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var package in path.Steps.Zip(path.TagWeights()).OrderBy(s => s.Second).Select(s => s.First.Package).OfType<Package>())
        {
            var versions = copied.Where(c => c.Version.PackageId == package.Id).Select(c => c.Version.Version).ToList();
            var rows = transaction.Db.PackageTags.AsNoTracking()
                .Where(t => t.DomainId == transaction.DomainId && t.PackageId == package.Id && versions.Contains(t.Version));
            foreach (var tag in versions.Count == 0 ? [] : await rows.ToListAsync())
            {
                tags[tag.Name] = tag.Version;
            }
        }

        foreach (var (name, version) in tags)
        {
            await PackageWriter.SetTagAsync(transaction, destination, name, version);
        }
    }
}
