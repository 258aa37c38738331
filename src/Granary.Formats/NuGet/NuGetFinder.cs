using Granary.Core;
using Granary.Core.Database;
using Granary.Core.Listings;
using Granary.Core.Packages;
using Granary.Core.Upstreams;
using Microsoft.EntityFrameworkCore;
using NuGet.Versioning;

namespace Granary.Formats.NuGet;

/// <summary>A package that was found: its visible versions, oldest first; at least one.</summary>
internal sealed record NuGetFound(string Name, IReadOnlyList<KeyValuePair<string, PackageVersion>> Versions)
{
    /// <summary>The manifest of the newest version.</summary>
    public NuGetManifest Newest { get; } = NuGetManifest.Read(Versions[^1].Value.Manifest);
}

/// <summary>
/// Finds packages in a repository and its upstreams, whatever has been published to them or kept in them. Public sources are not searched: that
/// would tell them what is looked for here.
/// </summary>
internal sealed class NuGetFinder(GranaryDatabase database, PackageSearch search, Quotas quotas)
{
    // Packages. Their types are in manifests, so that all that match are read where one is asked for.
    private const int MostRead = 250;

    /// <summary>A page of what is found, by id, an id that is exactly what was asked first.</summary>
    /// <returns>The page, and how many there are in all.</returns>
    public async Task<(IReadOnlyList<NuGetFound> Page, int Total)> FindAsync(RepositoryRequest request, NuGetQuery query, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var names = Matching(db, request, query);
        if (query.PackageType is { } type)
        {
            var all = await ReadAsync(db, request, query, await names.Take(MostRead).ToListAsync(cancellation), cancellation);
            var typed = all.Where(f => IsOf(f.Newest, type)).ToList();
            return ([.. typed.Skip(query.Skip).Take(query.Take)], typed.Count);
        }

        var total = await names.CountAsync(cancellation);
        return (await ReadAsync(db, request, query, await names.Skip(query.Skip).Take(query.Take).ToListAsync(cancellation), cancellation), total);
    }

    private static bool IsOf(NuGetManifest manifest, string type) =>
        manifest.PackageTypes.Count == 0
            ? type.Equals("Dependency", StringComparison.OrdinalIgnoreCase)
            : manifest.PackageTypes.Any(t => t.Name.Equals(type, StringComparison.OrdinalIgnoreCase));

    private IQueryable<string> Matching(GranaryContext db, RepositoryRequest request, NuGetQuery query)
    {
        var domainId = request.Domain.Id;
        var repositories = Reachable(request);
        var listed = db.PackageVersions.Where(v => v.DomainId == domainId && v.Status == PackageVersionStatus.Published);
        if (!query.Prerelease)
        {
            // A hyphen is in no normalised version but one with labels.
            listed = listed.Where(v => !v.Version.Contains('-'));
        }

        var found = db.Packages
            .Where(p => p.DomainId == domainId && repositories.Contains(p.RepositoryId) && p.Format == NuGetFormat.FormatName)
            .Where(p => listed.Any(v => v.PackageId == p.Id));
        if (query.Id is { } id)
        {
            found = found.Where(p => p.Name == id);
        }

        foreach (var word in query.Words)
        {
#pragma warning disable CA1304, CA1311, CA1862, RS0030 // In a query it is the engine's own lower(), which both apply to ASCII alone.
            found = found.Where(p => p.Name.Contains(word) || listed.Any(v => v.PackageId == p.Id && v.Summary != null && v.Summary.ToLower().Contains(word)));
#pragma warning restore CA1304, CA1311, CA1862, RS0030
        }

        var exact = query.Words is [var only] ? only : "";
        return found.Select(p => p.Name).Distinct().OrderBy(n => n == exact ? 0 : 1).ThenBy(n => n);
    }

    /// <summary>The repository and everything above it, as far as a request searches.</summary>
    private List<long> Reachable(RepositoryRequest request)
    {
        var (seen, open) = (new List<long>(), new Stack<long>([request.Repository.Id]));
        while (seen.Count < quotas.RepositoriesPerSearch && open.TryPop(out var id))
        {
            if (!seen.Contains(id) && request.Domain.Repository(id) is { } repository)
            {
                seen.Add(id);
                foreach (var upstream in repository.Upstreams.Reverse())
                {
                    open.Push(upstream);
                }
            }
        }

        return seen;
    }

    private async Task<IReadOnlyList<NuGetFound>> ReadAsync(
        GranaryContext db, RepositoryRequest request, NuGetQuery query, List<string> names, CancellationToken cancellation)
    {
        var found = new List<NuGetFound>(names.Count);
        foreach (var name in names)
        {
            var path = await search.PathAsync(db, request.Domain, request.Repository, new PackageCoordinate(NuGetFormat.FormatName, "", name), cancellation);
            var listing = new MergedListing<PackageVersion>();
            foreach (var package in path.Steps.Select(s => s.Package).OfType<Package>())
            {
                await foreach (var version in db.PackageVersions.AsNoTracking()
                    .Where(v => v.DomainId == package.DomainId && v.PackageId == package.Id)
                    .AsAsyncEnumerable().WithCancellation(cancellation))
                {
                    listing.AddStored(version, version);
                }
            }

            var versions = listing.Versions.Where(v => IsWanted(query, v.Key) && NuGetManifest.Read(v.Value.Manifest).Listed).OrderBy(v => v.Key, NuGetVersionOrder.Instance).ToList();
            if (versions.Count > 0)
            {
                found.Add(new NuGetFound(name, versions));
            }
        }

        return found;
    }

    private static bool IsWanted(NuGetQuery query, string text) =>
        NuGetVersion.TryParse(text, out var version) && (query.Prerelease || !version.IsPrerelease) && (query.SemVer2 || !version.IsSemVer2);
}
