using Granary.Core.Events;
using Granary.Core.Repositories;

namespace Granary.Core.Packages;

/// <summary>The origin controls of a package in one repository.</summary>
public sealed class PackageOrigins(ChangeLog log)
{
    /// <summary>Sets both. A package that is not there is created, without a version.</summary>
    /// <param name="allowUpstream">Blocked, neither upstream repositories nor public sources bring new versions; what was kept stays readable.</param>
    /// <exception cref="Refusal">NotFound: the repository was deleted meanwhile.</exception>
    public Task<Package> SetAsync(
        RepositorySnapshot repository, PackageCoordinate coordinate, bool allowPublish, bool allowUpstream, Actor actor, CancellationToken cancellation) =>
        log.WriteAsync(
            repository.DomainId,
            actor,
            async transaction =>
            {
                if (await PackageWriter.FindAsync(transaction, repository, coordinate) is not { } package)
                {
                    package = PackageWriter.Add(transaction, repository, coordinate, allowPublish, allowUpstream);
                }
                else if ((package.AllowPublish, package.AllowUpstream) == (allowPublish, allowUpstream))
                {
                    return package;
                }

                (package.AllowPublish, package.AllowUpstream) = (allowPublish, allowUpstream);
                transaction.Record(repository, package, ChangeKind.PackageUpdated);
                return package;
            },
            cancellation);
}
