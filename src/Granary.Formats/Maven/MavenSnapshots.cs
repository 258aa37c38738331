using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Core.Upstreams;
using Microsoft.EntityFrameworkCore;

namespace Granary.Formats.Maven;

/// <summary>The newest build of a snapshot, and the listing that tells clients of it.</summary>
/// <param name="Holder">The version that has the files: the build, or the snapshot itself where it was copied without its builds.</param>
internal sealed record MavenNewest(MavenSnapshot Build, string Holder, MavenListing Listing);

/// <summary>
/// Finds the newest build of a snapshot as clients of a repository see it: in the nearest repository that has the snapshot, for two with the
/// same snapshot are two lines of builds, and numbers of one mean nothing in the other.
/// </summary>
internal sealed class MavenSnapshots(GranaryDatabase database, PackageSearch search, PackageStamps stamps) : IDisposable
{
    // Bytes of finished listings.
    private const long Room = 16L << 20;

    private readonly StampedCache<(long Repository, PackageCoordinate Package, string Folder), MavenNewest> known = new(stamps, Room);

    /// <summary>The newest build, or null where none can be seen.</summary>
    /// <param name="folder">The snapshot: <c>1.0-SNAPSHOT</c>.</param>
    public async Task<MavenNewest?> FindAsync(
        DomainSnapshot domain, RepositorySnapshot repository, PackageCoordinate package, string folder, CancellationToken cancellation)
    {
        var key = (repository.Id, package, folder);
        if (await known.FindAsync(key, domain, package, cancellation) is { } found)
        {
            return found;
        }

        var stamp = await stamps.CurrentAsync(domain, package, cancellation);
        if (await SearchAsync(domain, repository, package, folder, cancellation) is { } newest)
        {
            known.Set(key, newest, stamp, newest.Listing.Size);
            return newest;
        }

        return null;
    }

    /// <summary>The builds of a snapshot that one repository keeps and shows.</summary>
    public static async Task<List<(MavenSnapshot Build, PackageVersion Version)>> BuildsAsync(GranaryContext db, Package package, string folder)
    {
        var start = folder[..^MavenSnapshot.Suffix.Length] + "-";
        var versions = await db.PackageVersions.AsNoTracking()
            .Where(v => v.DomainId == package.DomainId && v.PackageId == package.Id && v.Version.StartsWith(start))
            .ToListAsync();
        return
        [
            .. from version in versions
               let build = MavenSnapshot.Parse(version.Version)
               where version.IsReadable && build?.Folder == folder
               orderby build
               select (build, version),
        ];
    }

    public void Dispose() => known.Dispose();

    private async Task<MavenNewest?> SearchAsync(
        DomainSnapshot domain, RepositorySnapshot repository, PackageCoordinate package, string folder, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var path = await search.PathAsync(db, domain, repository, package, cancellation);
        (MavenSnapshot Build, PackageVersion Version)? kept = null;
        foreach (var record in path.Steps.Select(s => s.Package).OfType<Package>())
        {
            var snapshot = await db.PackageVersions.AsNoTracking()
                .SingleOrDefaultAsync(v => v.DomainId == record.DomainId && v.PackageId == record.Id && v.Version == folder, cancellation);
            if (snapshot is { IsReadable: false })
            {
                return null;
            }

            var builds = await BuildsAsync(db, record, folder);
            if (snapshot is not null)
            {
                return builds.Count > 0
                    ? await ListAsync(db, package, builds[^1].Build, builds[^1].Version)
                    : await ListCopyAsync(db, package, snapshot);
            }

            // Builds alone were kept when somebody fetched them; what came first to know of the snapshot is further on, if it is there still.
            kept ??= builds.Count > 0 ? builds[^1] : null;
        }

        return kept is var (build, version) ? await ListAsync(db, package, build, version) : null;
    }

    private static async Task<MavenNewest> ListAsync(GranaryContext db, PackageCoordinate package, MavenSnapshot build, PackageVersion holder) =>
        new(build, holder.Version, MavenListing.OfSnapshot(package, build, await FilesAsync(db, holder)));

    private static async Task<MavenNewest?> ListCopyAsync(GranaryContext db, PackageCoordinate package, PackageVersion snapshot)
    {
        var files = await FilesAsync(db, snapshot);
        var build = files.Select(f => MavenSnapshot.OfFile(package.Name, snapshot.Version, f)).OfType<MavenSnapshot>().Max();
        return build is null ? null : new(build, snapshot.Version, MavenListing.OfSnapshot(package, build, files));
    }

    private static Task<List<string>> FilesAsync(GranaryContext db, PackageVersion version) =>
        db.VersionAssets.Where(a => a.DomainId == version.DomainId && a.VersionId == version.Id).Select(a => a.Name).ToListAsync();
}
