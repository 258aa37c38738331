using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Microsoft.EntityFrameworkCore;

namespace Granary.Core.Upstreams;

/// <summary>A version where the search met it first.</summary>
public sealed record LocatedVersion(SearchStep Step, PackageVersion Version);

/// <summary>Looks for a package through a repository and its upstreams, in the database alone.</summary>
public sealed class PackageSearch(GranaryDatabase database, ConnectionFormats connections, Quotas quotas)
{
    private static readonly CompiledQuery<Func<GranaryContext, long, string, string, string, IAsyncEnumerable<Package>>> Records = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, long domainId, string format, string @namespace, string name) => db.Packages.AsNoTracking()
            .Where(p => p.DomainId == domainId && p.Format == format && p.Namespace == @namespace && p.Name == name)));

    private static readonly CompiledQuery<Func<GranaryContext, long, long, string, Task<PackageVersion?>>> OneVersion = new(() => EF.CompileAsyncQuery(
        (GranaryContext db, long domainId, long packageId, string version) => db.PackageVersions.AsNoTracking()
            .SingleOrDefault(v => v.DomainId == domainId && v.PackageId == packageId && v.Version == version)));

    public async Task<SearchPath> PathAsync(
        DomainSnapshot domain, RepositorySnapshot repository, PackageCoordinate package, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await PathAsync(db, domain, repository, package, cancellation);
    }

    /// <summary>The same within a transaction.</summary>
    public async Task<SearchPath> PathAsync(
        GranaryContext db, DomainSnapshot domain, RepositorySnapshot repository, PackageCoordinate package, CancellationToken cancellation)
    {
        var records = new List<Package>();
        await foreach (var record in Records.On(db)(db, domain.Id, package.Format, package.Namespace, package.Name).WithCancellation(cancellation))
        {
            records.Add(record);
        }

        return SearchPath.Of(domain, repository, records, package, connections.FormatOf, quotas.RepositoriesPerSearch);
    }

    /// <summary>The version in the nearest repository that has it, whatever its status there; null when none has.</summary>
    public async Task<LocatedVersion?> FindVersionAsync(
        DomainSnapshot domain, IReadOnlyList<SearchStep> path, string version, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await FindVersionAsync(db, domain, path, version);
    }

    public static async Task<LocatedVersion?> FindVersionAsync(GranaryContext db, DomainSnapshot domain, IReadOnlyList<SearchStep> path, string version)
    {
        foreach (var step in path)
        {
            if (step.Package is { } package && await OneVersion.On(db)(db, domain.Id, package.Id, version) is { } row)
            {
                return new LocatedVersion(step, row);
            }
        }

        return null;
    }

    /// <summary>Whether the repository itself has the version, whatever its status.</summary>
    public async Task<bool> IsKeptAsync(RepositorySnapshot repository, PackageCoordinate package, string version, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await Kept(db, repository, package, version).AnyAsync(cancellation);
    }

    /// <summary>Whether the repository itself has the asset, or the version in a state in which it gains none.</summary>
    public async Task<bool> IsKeptAsync(RepositorySnapshot repository, PackageCoordinate package, string version, string asset, CancellationToken cancellation)
    {
        await using var db = database.Open();
        return await Kept(db, repository, package, version).AnyAsync(
            v => (v.Status != PackageVersionStatus.Published && v.Status != PackageVersionStatus.Unlisted)
                || db.VersionAssets.Any(a => a.DomainId == v.DomainId && a.VersionId == v.Id && a.Name == asset),
            cancellation);
    }

    private static IQueryable<PackageVersion> Kept(GranaryContext db, RepositorySnapshot repository, PackageCoordinate package, string version) =>
        from p in db.Packages
        where p.DomainId == repository.DomainId && p.RepositoryId == repository.Id && p.Format == package.Format && p.Namespace == package.Namespace && p.Name == package.Name
        join v in db.PackageVersions on new { p.DomainId, PackageId = p.Id } equals new { v.DomainId, v.PackageId }
        where v.Version == version
        select v;
}
