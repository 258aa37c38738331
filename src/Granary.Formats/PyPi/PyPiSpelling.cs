using Granary.Core.Database;
using Granary.Core.Domains;
using Granary.Core.Packages;
using Granary.Core.Repositories;
using Granary.Core.Upstreams;
using Microsoft.EntityFrameworkCore;

namespace Granary.Formats.PyPi;

/// <summary>
/// Which text a version has that comes under one of several: 1.0 and 1.0.0 are one version by PEP 440, whose files belong together, and a
/// database keeps it under the first.
/// </summary>
internal sealed class PyPiSpelling(GranaryDatabase database, PackageSearch search)
{
    /// <summary>The text of an equal version in the nearest repository that has one; else the normal form of what came.</summary>
    public async Task<string> OfAsync(
        DomainSnapshot domain, RepositorySnapshot repository, PackageCoordinate package, PyPiVersion version, CancellationToken cancellation)
    {
        await using var db = database.Open();
        var path = await search.PathAsync(db, domain, repository, package, cancellation);
        foreach (var id in path.Steps.Where(step => step.Package is not null).Select(step => step.Package!.Id))
        {
            var texts = db.PackageVersions.AsNoTracking().Where(v => v.DomainId == domain.Id && v.PackageId == id).Select(v => v.Version);
            await foreach (var text in texts.AsAsyncEnumerable().WithCancellation(cancellation))
            {
                if (PyPiVersion.Parse(text)?.CompareTo(version) == 0)
                {
                    return text;
                }
            }
        }

        return version.ToString();
    }
}
